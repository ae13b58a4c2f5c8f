//! The agent's own spans: recorded with the OpenTelemetry SDK, and kept until they are shown.
//!
//! Nothing rests on the global tracer provider: the demo's server runs in the same process, and keeps its own.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use glassbox::forward::Forwarder;
use glassbox::otlp::Span;
use opentelemetry::trace::{Status, TraceContextExt as _, TraceId, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter as _, SpanProcessor,
};

use crate::semconv::ERROR_TYPE;

/// What the agent calls itself: the `service.name` of its spans.
pub const SERVICE_NAME: &str = "mcp-gmail-agent";

/// Finished spans that are kept. Ours: a run of the agent makes at most 137.
const MAX_SPANS: usize = 1_000;

/// A recorder of the agent's spans. Clones share what they record.
#[derive(Debug, Clone)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    finished: Finished,
    resource: Resource,
}

impl Telemetry {
    /// A recorder that has nothing yet.
    ///
    /// It samples everything, whatever `OTEL_TRACES_SAMPLER` says: the agent shows its own spans.
    #[must_use]
    pub fn new() -> Self {
        let finished = Finished::default();
        let resource = Resource::builder().with_service_name(SERVICE_NAME).build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(resource.clone())
            .with_span_processor(finished.clone());
        Self {
            provider: provider.build(),
            finished,
            resource,
        }
    }

    /// What records.
    #[must_use]
    pub fn provider(&self) -> &SdkTracerProvider {
        &self.provider
    }

    /// Makes spans that are kept here.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("gmail-example")
    }

    /// The finished spans of a trace.
    #[must_use]
    pub fn spans(&self, trace: TraceId) -> Vec<Span> {
        let finished = self.finished.lock();
        let of_trace = finished.of_trace(trace);
        of_trace
            .map(|span| Span::from_sdk(span, &self.resource))
            .collect()
    }

    /// Hands the finished spans of a trace on, all at once: a collector gets them as one entry.
    pub(crate) async fn forward(&self, trace: TraceId, forwarder: &Forwarder) {
        let spans = self.finished.lock().of_trace(trace).cloned().collect();
        let mut exporter = forwarder.exporter();
        exporter.set_resource(&self.resource);
        // Fails only when the forwarder has been shut down, and then counts them as lost.
        let _ = exporter.export(spans).await;
    }

    /// How many spans were finished when there was no room for more.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.finished.lock().lost
    }
}

/// Marks the span of a context as failed.
pub(crate) fn fail(context: &Context, error_type: impl Into<String>) {
    let span = context.span();
    span.set_attribute(KeyValue::new(ERROR_TYPE, error_type.into()));
    span.set_status(Status::error(""));
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::new()
    }
}

/// What has ended.
#[derive(Clone, Default)]
struct Finished(Arc<Mutex<Store>>);

#[derive(Default)]
struct Store {
    spans: Vec<SpanData>,
    lost: usize,
}

impl Store {
    fn of_trace(&self, trace: TraceId) -> impl Iterator<Item = &SpanData> {
        let spans = self.spans.iter();
        spans.filter(move |span| span.span_context.trace_id() == trace)
    }
}

impl Finished {
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.lock();
        f.debug_struct("Finished")
            .field("spans", &store.spans.len())
            .field("lost", &store.lost)
            .finish()
    }
}

impl SpanProcessor for Finished {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let mut store = self.lock();
        if store.spans.len() < MAX_SPANS {
            store.spans.push(span);
        } else {
            store.lost += 1;
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use glassbox::analysis::SpanTree;
    use opentelemetry::trace::{Span as _, Tracer as _};

    use super::*;

    #[test]
    fn spans_of_a_trace_are_kept_under_the_agents_name() {
        let telemetry = Telemetry::new();
        let tracer = telemetry.tracer();
        let context = Context::new().with_span(tracer.start_with_context("a", &Context::new()));
        tracer.start_with_context("b", &context).end();
        tracer
            .start_with_context("of another trace", &Context::new())
            .end();
        fail(&context, "timeout");
        context.span().end();
        let trace = context.span().span_context().trace_id();
        let tree = SpanTree::from_spans(telemetry.spans(trace));
        let spans: Vec<_> = tree
            .walk()
            .map(|(depth, node)| {
                (
                    depth,
                    node.span().name(),
                    node.span().service(),
                    node.span().is_error(),
                )
            })
            .collect();
        let service = Some(SERVICE_NAME);
        assert_eq!(spans, [(0, "a", service, true), (1, "b", service, false)]);
    }

    #[test]
    fn more_spans_than_there_is_room_for_are_counted() {
        for (spans, lost) in [(MAX_SPANS - 1, 0), (MAX_SPANS, 0), (MAX_SPANS + 1, 1)] {
            let telemetry = Telemetry::new();
            let tracer = telemetry.tracer();
            for _ in 0..spans {
                tracer.start_with_context("a", &Context::new()).end();
            }
            assert_eq!(telemetry.lost(), lost, "{spans}");
            assert_eq!(telemetry.finished.lock().spans.len(), spans - lost);
        }
    }
}
