//! What leaves of a span.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::counts::count;
use super::scope::own_scope;
use super::slots::{Notes, Rest};

/// Least bytes of OTLP JSON that a span takes without names and attributes.
const MIN_SPAN_BYTES: usize = 180;

/// Least bytes of OTLP JSON that an attribute takes beside key and text.
const MIN_ATTRIBUTE_BYTES: usize = 20;

/// Least bytes of OTLP JSON that an element of an array takes beside its text.
const MIN_ELEMENT_BYTES: usize = 16;

/// What leaves of a span, complete when it has ended: the SDK's `SpanData`
/// without events, and in less memory, as many of them wait for the end of their
/// request.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(super) span_context: SpanContext,
    /// The parent in the answer.
    pub(super) parent_span_id: SpanId,
    pub(super) parent_span_is_remote: bool,
    pub(super) span_kind: SpanKind,
    pub(super) name: Cow<'static, str>,
    pub(super) start_time: SystemTime,
    pub(super) end_time: SystemTime,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes_count: u32,
    pub(super) dropped_events_count: u32,
    pub(super) links: Vec<Link>,
    pub(super) dropped_links_count: u32,
    pub(super) status: Status,
    /// Who recorded it, if not Glassbox itself.
    pub(super) recorded_by: Option<Arc<InstrumentationScope>>,
    pub(super) notes: Notes,
}

impl Finished {
    /// A span that has just started, of which nothing else is known.
    pub(super) fn started(span_context: SpanContext) -> Self {
        Self {
            span_context,
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: Cow::Borrowed(""),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status: Status::Unset,
            recorded_by: None,
            notes: Notes::default(),
        }
    }

    /// Takes from the SDK, at its end, what leaves of any span.
    pub(super) fn take_frame(&mut self, data: &mut SpanData) {
        let public_links = usize::try_from(self.notes.public_links).unwrap_or(usize::MAX);
        self.parent_span_is_remote = data.parent_span_is_remote;
        self.span_kind = data.span_kind.clone();
        self.start_time = data.start_time;
        self.end_time = data.end_time;
        let events = count(data.events.len()).saturating_add(data.events.dropped_count);
        self.dropped_events_count = events;
        let mut links = std::mem::take(&mut data.links.links);
        let withheld = count(links.len().saturating_sub(public_links));
        let dropped = data.links.dropped_count.saturating_add(withheld);
        self.dropped_links_count = self.dropped_links_count.saturating_add(dropped);
        links.truncate(public_links);
        self.links = links;
    }

    /// Whether it says of itself that it has failed.
    pub(super) const fn has_failed(&self) -> bool {
        matches!(self.status, Status::Error { .. })
    }

    /// Bytes that the span takes in the answer at least: texts are written as
    /// they are or longer.
    pub(super) fn least_bytes(&self) -> usize {
        let attributes = self.attributes.iter().map(least_attribute_bytes);
        let error_text = match &self.status {
            Status::Error { description } => description.len(),
            Status::Unset | Status::Ok => 0,
        };
        MIN_SPAN_BYTES + self.name.len() + error_text + attributes.sum::<usize>()
    }

    /// Gives back the memory of what would have left.
    pub(super) fn clear(&mut self) {
        self.name = Cow::Borrowed("");
        self.attributes = Vec::new();
        self.links = Vec::new();
        self.status = Status::Unset;
        self.recorded_by = None;
        self.notes.rest = Rest::default();
    }

    /// Who recorded it.
    pub(super) fn scope(&self) -> &InstrumentationScope {
        match &self.recorded_by {
            Some(scope) => scope,
            None => own_scope(),
        }
    }
}

/// Spans that tests and benchmarks make.
#[cfg(any(test, feature = "bench-internals"))]
impl From<SpanData> for Finished {
    fn from(span: SpanData) -> Self {
        assert!(span.events.events.is_empty(), "events do not leave");
        Self {
            span_context: span.span_context,
            parent_span_id: span.parent_span_id,
            parent_span_is_remote: span.parent_span_is_remote,
            span_kind: span.span_kind,
            name: span.name,
            start_time: span.start_time,
            end_time: span.end_time,
            attributes: span.attributes,
            dropped_attributes_count: span.dropped_attributes_count,
            dropped_events_count: span.events.dropped_count,
            links: span.links.links,
            dropped_links_count: span.links.dropped_count,
            status: span.status,
            recorded_by: Some(Arc::new(span.instrumentation_scope)),
            notes: Notes::default(),
        }
    }
}

fn least_attribute_bytes(attribute: &KeyValue) -> usize {
    let value = match &attribute.value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::Bool(values)) => MIN_ELEMENT_BYTES * values.len(),
        Value::Array(Array::I64(values)) => MIN_ELEMENT_BYTES * values.len(),
        Value::Array(Array::F64(values)) => MIN_ELEMENT_BYTES * values.len(),
        Value::Array(Array::String(values)) => values
            .iter()
            .map(|text| MIN_ELEMENT_BYTES + text.as_str().len())
            .sum(),
        _ => 0,
    };
    MIN_ATTRIBUTE_BYTES + attribute.key.as_str().len() + value
}

#[cfg(test)]
mod tests {
    use opentelemetry::{Key, StringValue};

    use super::super::bucket::tests::span;
    use super::super::otlp::SpanWriter;
    use super::*;

    #[test]
    fn no_span_takes_less_than_is_counted() {
        let arrays = [
            Array::Bool(vec![true; 9]),
            Array::I64(vec![0; 9]),
            Array::F64(vec![0.0; 9]),
            Array::String(vec![StringValue::from(""), "text".into()]),
        ];
        let mut values: Vec<Value> = arrays.into_iter().map(Value::Array).collect();
        values.extend([true.into(), 0.into(), 0.0.into(), "".into(), "text".into()]);
        let least = |span: &SpanData| Finished::from(span.clone()).least_bytes();
        let mut one = span(1, 0, "");
        assert!(least(&one) <= SpanWriter::new(99).write(&one).len());
        for value in values {
            one.attributes.push(KeyValue::new(Key::new(""), value));
            let written = SpanWriter::new(99).write(&one).len();
            assert!(least(&one) <= written, "{one:?}");
        }
        one.status = Status::error("why");
        assert!(least(&one) <= SpanWriter::new(99).write(&one).len());
    }
}
