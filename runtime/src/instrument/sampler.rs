//! Recording that does not depend on the sampled flag.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

/// Records every span, and leaves the sampled flag as the caller set it (S04).
///
/// A span recorded only because a client asked must not make servers further
/// up sample: without a sampled parent, spans are recorded, not sampled.
#[derive(Clone, Debug)]
pub(super) struct RecordAsked;

impl ShouldSample for RecordAsked {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _trace_id: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent.map(|context| context.span().span_context().clone());
        let sampled = parent
            .as_ref()
            .is_some_and(opentelemetry::trace::SpanContext::is_sampled);
        SamplingResult {
            decision: if sampled {
                SamplingDecision::RecordAndSample
            } else {
                SamplingDecision::RecordOnly
            },
            attributes: Vec::new(),
            trace_state: parent
                .map(|parent| parent.trace_state().clone())
                .unwrap_or_default(),
        }
    }
}
