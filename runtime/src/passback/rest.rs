//! What most spans do not have.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanContext, Status, TraceId, TraceState};

/// What most spans do not have: kept apart, so that the others are small.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    /// Its trace, if that is not the one of its request.
    pub(super) trace: Option<Trace>,
    pub(super) links: Vec<Link>,
    /// How many of the links that the SDK has of it are public: the first ones.
    pub(super) public_links: usize,
    /// Why it has failed.
    pub(super) error_text: Cow<'static, str>,
    pub(super) private: Private,
}

/// What leaves of a span only if the policy says so.
#[derive(Clone, Debug, Default)]
pub(super) struct Private {
    /// As many as the SDK would record.
    pub(super) attributes: Vec<KeyValue>,
    /// What other code says of how it ended, and Glassbox said before.
    pub(super) status: Status,
}

impl Private {
    /// As the SDK does: `Ok` outweighs an error, and an error nothing.
    pub(super) fn set_status(&mut self, status: Status) {
        if status > self.status {
            self.status = status;
        }
    }
}

/// What all spans of a trace have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(super) id: TraceId,
    pub(super) state: TraceState,
}

impl Trace {
    /// The trace of no span.
    pub(super) const NONE: Self = Self {
        id: TraceId::INVALID,
        state: TraceState::NONE,
    };

    /// The trace of a span.
    pub(super) fn of(span: &SpanContext) -> Self {
        Self {
            id: span.trace_id(),
            state: span.trace_state().clone(),
        }
    }

    /// Whether a span is of this trace.
    pub(super) fn has(&self, span: &SpanContext) -> bool {
        self.id == span.trace_id() && self.state == *span.trace_state()
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::NONE
    }
}
