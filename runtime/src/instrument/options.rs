//! How a server's telemetry lives beside the author's own.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, Config, ShouldSample, SpanExporter, SpanProcessor,
};

use super::metrics::Metrics;

/// What a server does with the telemetry of its calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "all, a part, nothing")]
pub enum TelemetryMode {
    /// Records what is asked for or exported, and hands the caller's trace
    /// context on. The default.
    #[default]
    On,
    /// Makes no spans and announces no passback, but hands the caller's trace
    /// context on to servers further up.
    PropagateOnly,
    /// Looks at nothing: the caller's trace context ends here, and there are
    /// no metrics.
    Off,
}

/// The author's own telemetry, beside passback.
///
/// One recording serves both: what a client asks for, and what the author
/// exports. The author's sampler alone decides what is exported; a span that is
/// recorded only because a client asked reaches none of the processors given
/// here, and does not set the sampled flag of calls to other servers. What is
/// exported is not touched by the [`PassbackPolicy`](crate::PassbackPolicy):
/// the author's own backend also sees what no client sees, such as URLs and
/// error texts.
///
/// # Examples
///
/// ```
/// use glassbox::{Server, TelemetryOptions, mcp_tool};
/// use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler};
///
/// #[mcp_tool]
/// fn ping() -> &'static str {
///     "pong"
/// }
///
/// # fn build() -> Result<(), glassbox::BuildError> {
/// let exporter = InMemorySpanExporter::default(); // or one of `opentelemetry-otlp`
/// let telemetry = TelemetryOptions::new()
///     .with_batch_exporter(exporter)
///     .with_sampler(Sampler::parent_based(Sampler::TraceIdRatioBased(0.1)));
/// let server = Server::builder("pinger", "1.0.0")
///     .tool::<ping>()
///     .telemetry(telemetry)
///     .build()?;
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
#[derive(Default)]
#[must_use = "options do nothing until a server is given them"]
pub struct TelemetryOptions {
    mode: TelemetryMode,
    processors: Vec<Box<dyn SpanProcessor>>,
    sampler: Option<Box<dyn ShouldSample>>,
    resource: Option<Resource>,
    metrics: Option<Metrics>,
}

impl TelemetryOptions {
    /// Passback only: nothing is exported, nothing is measured.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the mode. Default: [`TelemetryMode::On`].
    pub fn with_mode(mut self, mode: TelemetryMode) -> Self {
        self.mode = mode;
        self
    }

    /// Exports sampled spans in batches, from a thread of the exporter's own
    /// (the SDK's [`BatchSpanProcessor`]; `OTEL_BSP_*` variables apply).
    pub fn with_batch_exporter(self, exporter: impl SpanExporter + 'static) -> Self {
        self.with_span_processor(BatchSpanProcessor::builder(exporter).build())
    }

    /// Hands sampled spans to `processor`. Processors are called in the order
    /// they are added. While one panics it misses spans, which is logged; calls
    /// go on.
    pub fn with_span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.push(Box::new(processor));
        self
    }

    /// Sets which spans are exported, and which sampled flag servers further up
    /// see. Default: what `OTEL_TRACES_SAMPLER` says, which is the caller's
    /// flag, and everything that has no caller. Has no effect without a
    /// processor. While it panics nothing is exported, which is logged; calls go
    /// on.
    pub fn with_sampler(mut self, sampler: impl Into<Box<dyn ShouldSample>>) -> Self {
        self.sampler = Some(sampler.into());
        self
    }

    /// Describes the process to the author's own backend, beside the server's
    /// name and version. A `service.name` or `service.version` in it counts
    /// more than the server's own, and is in the answers as well; all else
    /// stays on the server.
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Measures calls and sessions: `mcp.server.operation.duration` and
    /// `mcp.server.session.duration`. Default: nothing is measured.
    ///
    /// For the global provider, set it first:
    /// `with_meter_provider(&*opentelemetry::global::meter_provider())`.
    pub fn with_meter_provider(mut self, provider: &dyn MeterProvider) -> Self {
        self.metrics = Some(Metrics::new(provider));
        self
    }
}

impl fmt::Debug for TelemetryOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TelemetryOptions")
            .field("mode", &self.mode)
            .field("processors", &self.processors)
            .field("sampler", &self.sampler)
            .finish_non_exhaustive()
    }
}

/// The options of a server, shared by its clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) mode: TelemetryMode,
    pub(super) metrics: Option<Arc<Metrics>>,
    /// Whether spans go to the author's own processors.
    pub(super) exports: bool,
    /// Taken when the recorder is made.
    own: Arc<Mutex<Own>>,
}

/// What the recorder of a server is made of, apart from passback.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) processors: Vec<Box<dyn SpanProcessor>>,
    pub(super) sampler: Option<Box<dyn ShouldSample>>,
    pub(super) resource: Option<Resource>,
}

impl Settings {
    pub(super) fn new(options: TelemetryOptions) -> Self {
        let exports = !options.processors.is_empty();
        let sampler = match options.sampler {
            _ if !exports => None,
            None => Some(Config::default().sampler),
            given => given,
        };
        Self {
            mode: options.mode,
            metrics: options.metrics.map(Arc::new),
            exports,
            own: Arc::new(Mutex::new(Own {
                processors: options.processors,
                sampler,
                resource: options.resource,
            })),
        }
    }

    /// What the recorder is made of; the second time nothing.
    pub(super) fn take_own(&self) -> Own {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut own)
    }
}
