//! An rmcp server with telemetry, and its options.

use std::sync::{Arc, OnceLock};

use opentelemetry_sdk::trace::SdkTracerProvider;
use rmcp::service::{RequestContext, Service};
use rmcp::{RoleServer, ServerHandler};

use super::metrics::SessionTimer;
use super::options::{Settings, TelemetryOptions};
use super::passback_options::PassbackOptions;
use super::service::ServiceHandler;
use super::session::SessionEnding;
use super::telemetry::Telemetry;
use crate::passback::{
    PassbackCounts, PassbackGrant, PassbackLimits, PassbackPolicy, PassbackRateLimit, Secrets,
};

/// An rmcp server with server execution telemetry, in one line.
///
/// Wraps any [`ServerHandler`] and is one itself, so it goes wherever the
/// handler went, on every transport. What the handler answers stays as it is;
/// requests that ask for spans get them in `_meta.otel`.
///
/// `initialize` and `server/discover` announce the extension
/// [`EXTENSION_ID`](crate::EXTENSION_ID). The older top-level capability has
/// no place in rmcp's types; serve through [`Server`](crate::Server),
/// `glassbox::http::service` or `glassbox::stdio::serve` to have it announced
/// as well, and spans passed back at the least cost.
///
/// Clone one value rather than making many: clones share their recorder.
///
/// # Examples
///
/// ```
/// use glassbox::Instrumented;
/// use rmcp::{ServerHandler, ServiceExt as _, transport};
///
/// struct Counter;
///
/// impl ServerHandler for Counter {}
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let running = Instrumented::new(Counter).serve(transport::stdio()).await?;
/// running.waiting().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Instrumented<H> {
    pub(super) handler: Arc<H>,
    /// Shared: over stateless HTTP, every request has a clone.
    pub(super) options: Arc<PassbackOptions>,
    pub(super) settings: Settings,
    /// Made when it is needed for the first time.
    pub(super) telemetry: Arc<OnceLock<Telemetry>>,
    /// The session that this clone serves; rmcp makes a clone for each.
    pub(super) session: SessionTimer,
    pub(super) session_end: SessionEnding,
}

impl<H> Clone for Instrumented<H> {
    fn clone(&self) -> Self {
        Self {
            handler: Arc::clone(&self.handler),
            options: Arc::clone(&self.options),
            settings: self.settings.clone(),
            telemetry: Arc::clone(&self.telemetry),
            session: SessionTimer::default(),
            session_end: SessionEnding::default(),
        }
    }
}

impl<S: Service<RoleServer>> Instrumented<ServiceHandler<S>> {
    /// Wraps an rmcp service that is not a [`ServerHandler`], such as rmcp's
    /// `Router`. See [`ServiceHandler`] for the one thing that is lost.
    pub fn from_service(service: S) -> Self {
        Self::new(ServiceHandler::new(service))
    }
}

impl<H: ServerHandler> Instrumented<H> {
    /// Wraps `handler`. Its name and version become the `service.name` and
    /// `service.version` of the spans.
    pub fn new(handler: H) -> Self {
        Self {
            handler: Arc::new(handler),
            options: Arc::default(),
            settings: Settings::default(),
            telemetry: Arc::default(),
            session: SessionTimer::default(),
            session_end: SessionEnding::default(),
        }
    }

    /// Sets what of the spans may leave. Default: [`PassbackPolicy::default`].
    #[must_use]
    pub fn passback_policy(self, policy: PassbackPolicy) -> Self {
        self.with_options(|options| options.policy = policy)
    }

    /// Sets how much may leave. Default: [`PassbackLimits::default`].
    #[must_use]
    pub fn passback_limits(self, limits: PassbackLimits) -> Self {
        self.with_options(|options| options.limits = limits)
    }

    /// Decides for each request that asks how much it gets. Default: whatever
    /// it asks for.
    ///
    /// A refused request is answered as if it had not asked. A function that
    /// panics refuses.
    #[must_use]
    pub fn passback_grant(
        self,
        grant: impl Fn(&RequestContext<RoleServer>) -> PassbackGrant + Send + Sync + 'static,
    ) -> Self {
        self.with_options(|options| options.gate.set_grant(grant))
    }

    /// Bounds how often callers get spans. Default: no bound. Requests that
    /// the grant refuses do not count.
    #[must_use]
    pub fn passback_rate_limit(self, limit: PassbackRateLimit) -> Self {
        self.with_options(|options| options.gate.set_rate_limit(limit))
    }

    /// Looks for these secrets in everything that leaves. Default: only for
    /// the credentials in the request's own headers, and what
    /// [`redact`](crate::redact()) is told while a request is handled.
    #[must_use]
    pub fn redact(self, secrets: Secrets) -> Self {
        self.with_options(|options| options.secrets = secrets)
    }

    /// Whether spans also carry the attributes that some GenAI back ends need
    /// to show them at all: on every phase `gen_ai.system`,
    /// `gen_ai.operation.name` and the phase as `gen_ai.tool.name`; on the root
    /// `gen_ai.system`, `mcp.method` and `mcp.tool`. Default: `false`, because
    /// a back end that counts tool calls counts every phase as one then.
    #[must_use]
    pub fn reference_profile(self, reference_profile: bool) -> Self {
        self.with_options(|options| options.has_reference_profile = reference_profile)
    }

    /// Whether the spans of `prompts/get` are in answers too, as those of tool
    /// calls and reads are. Default: `false`: SEP-2448 names the other two.
    /// Your own export and metrics see prompts in any case.
    #[must_use]
    pub fn passback_for_prompts(self, passback_for_prompts: bool) -> Self {
        self.with_options(|options| options.covers_prompts = passback_for_prompts)
    }

    fn with_options(mut self, set: impl FnOnce(&mut PassbackOptions)) -> Self {
        set(Arc::make_mut(&mut self.options));
        self.telemetry = Arc::default();
        self
    }

    /// Sets what is exported, measured and handed on, beside passback. Default:
    /// [`TelemetryOptions::new`].
    #[must_use]
    pub fn telemetry(mut self, options: TelemetryOptions) -> Self {
        self.settings = Settings::new(options);
        self.telemetry = Arc::default();
        self
    }

    /// The provider that records, for other instrumentation whose spans are to
    /// join those of the request: `tracing-opentelemetry`, or anything that
    /// uses the global provider if this one is made global.
    ///
    /// Of spans that are not part of a request that was asked for, it records
    /// what the author's sampler says.
    #[must_use]
    pub fn tracer_provider(&self) -> SdkTracerProvider {
        self.recorder().provider.clone()
    }

    /// All options of passback at once.
    pub(crate) fn with_all_options(self, all: PassbackOptions) -> Self {
        self.with_options(|options| *options = all)
    }

    /// What was held back and refused so far.
    #[must_use]
    pub fn passback_counts(&self) -> PassbackCounts {
        self.options.gate.counts()
    }

    /// The wrapped handler.
    #[must_use]
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// Spans that are being recorded right now for clients that asked, over all
    /// requests; 0 when no request that asked for spans is in flight.
    #[must_use]
    pub fn open_spans(&self) -> usize {
        self.telemetry
            .get()
            .map_or(0, |telemetry| telemetry.collector.open_spans())
    }

    /// Waits until what was recorded is exported, as long as the author's
    /// processors take.
    #[cfg(any(feature = "http-server", feature = "stdio"))]
    pub(crate) async fn flush(&self) {
        if !self.settings.exports {
            return;
        }
        let provider = self.tracer_provider();
        let flushed = tokio::task::spawn_blocking(move || provider.force_flush()).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("not all spans were exported");
        }
    }

    pub(super) fn recorder(&self) -> &Telemetry {
        self.telemetry.get_or_init(|| {
            let info = ServerHandler::get_info(&*self.handler).server_info;
            let own = self.settings.take_own();
            let options = PassbackOptions::clone(&self.options);
            Telemetry::new(info.name, info.version, options, own)
        })
    }
}
