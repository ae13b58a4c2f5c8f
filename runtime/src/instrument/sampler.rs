//! What is recorded, and for whom.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use crate::guarded::guarded;
use crate::passback::{Scope, SpanCollector};

/// Records what the author's sampler says, and what a client asked for.
///
/// The author's sampler alone decides what is sampled, and so what is exported
/// and which flag servers further up see (S04, S05). A span that is recorded
/// only because a client asked is recorded, not sampled.
#[derive(Clone, Debug)]
pub(super) struct RecordAsked {
    /// Whose requests count as asked.
    pub(super) collector: SpanCollector,
    /// The author's sampler; without one, the caller's flag stays as it is.
    pub(super) own: Option<Box<dyn ShouldSample>>,
}

impl ShouldSample for RecordAsked {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let mut result = match &self.own {
            Some(own) => guarded("the sampler", || {
                own.should_sample(parent, trace_id, name, kind, attributes, links)
            })
            .unwrap_or_else(|| decided(SamplingDecision::Drop, parent)),
            None => as_the_caller(parent),
        };
        let is_asked = || {
            parent
                .and_then(|context| context.get::<Scope>())
                .is_some_and(|scope| scope.collects_in(&self.collector))
        };
        if result.decision == SamplingDecision::Drop && is_asked() {
            result.decision = SamplingDecision::RecordOnly;
        }
        result
    }
}

/// Samples what has a sampled parent.
fn as_the_caller(parent: Option<&Context>) -> SamplingResult {
    let is_sampled = parent.is_some_and(|context| context.span().span_context().is_sampled());
    let decision = if is_sampled {
        SamplingDecision::RecordAndSample
    } else {
        SamplingDecision::Drop
    };
    decided(decision, parent)
}

/// A decision that leaves the trace state as it is.
fn decided(decision: SamplingDecision, parent: Option<&Context>) -> SamplingResult {
    let state = parent.map(|context| context.span().span_context().trace_state().clone());
    SamplingResult {
        decision,
        attributes: Vec::new(),
        trace_state: state.unwrap_or_default(),
    }
}
