//! One span, as its producer told it.

use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry::{KeyValue, Value};

/// One span of a tree, as its producer told it: nothing is corrected, and its text is not safe to print.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub(super) service: Option<String>,
    pub(super) trace_id: TraceId,
    pub(super) id: SpanId,
    pub(super) parent_id: Option<SpanId>,
    pub(super) name: String,
    pub(super) kind: SpanKind,
    pub(super) start_unix_nano: u64,
    pub(super) end_unix_nano: u64,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) status: Status,
}

impl Span {
    /// `service.name` of the resource that produced the span.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// The trace the span belongs to; all zero if its producer did not say.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span's id, unique in its tree and never zero.
    #[must_use]
    pub fn id(&self) -> SpanId {
        self.id
    }

    /// The id of the span's parent, whether or not that one is in the tree.
    #[must_use]
    pub fn parent_id(&self) -> Option<SpanId> {
        self.parent_id
    }

    /// The span's name, as sent: print it through [`printable`](crate::render::printable).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The span's kind; [`SpanKind::Internal`] if unspecified, as OTLP defines the default.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.kind.clone()
    }

    /// Start on the producer's clock; 0 if it did not say.
    #[must_use]
    pub fn start_unix_nano(&self) -> u64 {
        self.start_unix_nano
    }

    /// End on the producer's clock; 0 if it did not say, and possibly before the start.
    #[must_use]
    pub fn end_unix_nano(&self) -> u64 {
        self.end_unix_nano
    }

    /// Whether start and end are there and in order. Spans without such times take part in no calculation.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.start_unix_nano > 0 && self.end_unix_nano >= self.start_unix_nano
    }

    /// How long the span took; `None` unless [`is_timed`](Self::is_timed).
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.is_timed()
            .then(|| Duration::from_nanos(self.end_unix_nano.abs_diff(self.start_unix_nano)))
    }

    /// The span's attributes of simple types, in the order sent. Arrays, maps and bytes are left out.
    #[must_use]
    pub fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    /// The value of an attribute; the first, if a hostile producer sent several.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == key)
            .map(|attribute| &attribute.value)
    }

    /// The text of a string attribute.
    #[must_use]
    pub fn text_attribute(&self, key: &str) -> Option<&str> {
        match self.attribute(key)? {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The span's status.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Whether the span's status is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.status, Status::Error { .. })
    }
}
