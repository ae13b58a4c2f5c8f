//! One recording for both: spans that were asked for, and spans that the
//! server's author exports.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::guarded::guarded;
use crate::passback::SpanCollector;

const PROCESSOR: &str = "a span processor";

/// Gives each span to the request that asked for it, and to the author's
/// processors if it is sampled.
///
/// A span that is recorded only because a client asked reaches no processor of
/// the author's: the SDK's default batch processor would export it. A span is
/// copied only where more than one of them wants it.
#[derive(Debug)]
pub(super) struct Tee {
    collector: SpanCollector,
    own: Vec<Box<dyn SpanProcessor>>,
}

impl Tee {
    pub(super) fn new(collector: SpanCollector, own: Vec<Box<dyn SpanProcessor>>) -> Self {
        Self { collector, own }
    }

    /// Does the same with each processor; the first error counts.
    fn each(&self, act: impl Fn(&dyn SpanProcessor) -> OTelSdkResult) -> OTelSdkResult {
        let act =
            |own: &dyn SpanProcessor| guarded(PROCESSOR, || act(own)).unwrap_or_else(panicked);
        let results: Vec<_> = self.own.iter().map(|own| act(&**own)).collect();
        let failures: Vec<OTelSdkError> = results.into_iter().filter_map(Result::err).collect();
        failures.into_iter().next().map_or(Ok(()), Err)
    }
}

impl SpanProcessor for Tee {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.collector.on_start(span, context);
        if span.span_context().is_sampled() {
            for own in &self.own {
                guarded(PROCESSOR, || own.on_start(span, context));
            }
        }
    }

    fn on_end(&self, span: SpanData) {
        let Some((last, others)) = self
            .own
            .split_last()
            .filter(|_| span.span_context.is_sampled())
        else {
            self.collector.on_end(span);
            return;
        };
        if let Some(waiting) = self.collector.take(span.span_context.span_id()) {
            waiting.finish(&mut span.clone());
        }
        for own in others {
            guarded(PROCESSOR, || own.on_end(span.clone()));
        }
        guarded(PROCESSOR, || last.on_end(span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.each(|own| own.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.each(|own| own.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        for own in &mut self.own {
            own.set_resource(resource);
        }
    }
}

fn panicked() -> OTelSdkResult {
    Err(OTelSdkError::InternalFailure(format!(
        "{PROCESSOR} has panicked"
    )))
}
