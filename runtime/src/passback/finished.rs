//! What leaves of a span.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{Link, SpanId, SpanKind, TraceFlags};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::counts::count;
use super::place::Place;
use super::rest::{Private, Rest};
use super::scope::own_scope;
use super::slots::Notes;

/// Least bytes of OTLP JSON that a span takes without names and attributes.
const MIN_SPAN_BYTES: usize = 180;

/// Least bytes of OTLP JSON that an attribute takes beside key and text.
const MIN_ATTRIBUTE_BYTES: usize = 20;

/// Least bytes of OTLP JSON that an element of an array takes beside its text.
const MIN_ELEMENT_BYTES: usize = 16;

/// What leaves of a span, complete when it has ended, and what is known of it
/// until then.
///
/// As small as can be, as many of them wait for the end of their request: what
/// most spans do not have is in [`Rest`], and the trace is the request's.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(super) id: SpanId,
    /// Where it stands, with its parent in the answer.
    pub(super) place: Place,
    pub(super) start_time: SystemTime,
    pub(super) end_time: SystemTime,
    pub(super) name: Cow<'static, str>,
    pub(super) attributes: Vec<KeyValue>,
    /// Who recorded it, if not Glassbox itself.
    pub(super) recorded_by: Option<Arc<InstrumentationScope>>,
    rest: Option<Box<Rest>>,
    pub(super) dropped_attributes_count: u32,
    pub(super) dropped_events_count: u32,
    pub(super) dropped_links_count: u32,
    pub(super) notes: Notes,
    pub(super) kind: SpanKind,
    pub(super) trace_flags: TraceFlags,
    pub(super) parent_is_remote: bool,
    /// Whether it says of itself that it has failed.
    pub(super) has_failed: bool,
}

impl Finished {
    /// A span that has just started, of which nothing else is known.
    pub(super) const fn started(id: SpanId, place: Place) -> Self {
        Self {
            id,
            place,
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            name: Cow::Borrowed(""),
            attributes: Vec::new(),
            recorded_by: None,
            rest: None,
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            dropped_links_count: 0,
            notes: Notes::NONE,
            kind: SpanKind::Internal,
            trace_flags: TraceFlags::NOT_SAMPLED,
            parent_is_remote: false,
            has_failed: false,
        }
    }

    /// Takes from the SDK, at its end, what leaves of any span.
    pub(super) fn take_frame(&mut self, data: &mut SpanData) {
        self.parent_is_remote = data.parent_span_is_remote;
        self.kind = data.span_kind.clone();
        self.start_time = data.start_time;
        self.end_time = data.end_time;
        let events = count(data.events.len()).saturating_add(data.events.dropped_count);
        self.dropped_events_count = events;
        let made = data.links.len();
        let kept = match &mut self.rest {
            Some(rest) if rest.public_links > 0 => {
                rest.links = std::mem::take(&mut data.links.links);
                rest.links.truncate(rest.public_links);
                rest.links.len()
            }
            _ => 0,
        };
        let withheld = count(made.saturating_sub(kept));
        let dropped = data.links.dropped_count.saturating_add(withheld);
        self.dropped_links_count = self.dropped_links_count.saturating_add(dropped);
    }

    /// What most spans do not have.
    pub(super) fn rest(&self) -> Option<&Rest> {
        self.rest.as_deref()
    }

    /// What most spans do not have, to add to it.
    pub(super) fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    /// Takes what leaves only if the policy says so.
    pub(super) fn take_private(&mut self) -> Private {
        let rest = self.rest.as_mut();
        rest.map(|rest| std::mem::take(&mut rest.private))
            .unwrap_or_default()
    }

    pub(super) fn links(&self) -> &[Link] {
        self.rest().map_or(&[], |rest| &rest.links)
    }

    /// Why it has failed, if it says that it has; nothing if it does not say why.
    pub(super) fn failure(&self) -> Option<&str> {
        let text = || self.rest().map_or("", |rest| &rest.error_text);
        self.has_failed.then(text)
    }

    /// Bytes that the span takes in the answer at least: texts are written as
    /// they are or longer.
    pub(super) fn least_bytes(&self) -> usize {
        let attributes = self.attributes.iter().map(least_attribute_bytes);
        let texts = self.name.len() + self.failure().map_or(0, str::len);
        MIN_SPAN_BYTES + texts + attributes.sum::<usize>()
    }

    /// Gives back the memory of what would have left.
    pub(super) fn clear(&mut self) {
        self.name = Cow::Borrowed("");
        self.attributes = Vec::new();
        self.recorded_by = None;
        self.rest = None;
    }

    /// Who recorded it.
    pub(super) fn scope(&self) -> &InstrumentationScope {
        match &self.recorded_by {
            Some(scope) => scope,
            None => own_scope(),
        }
    }
}

/// Spans that tests and benchmarks make. Their trace is not here.
#[cfg(any(test, feature = "bench-internals"))]
impl From<SpanData> for Finished {
    fn from(mut data: SpanData) -> Self {
        use opentelemetry::trace::Status;

        assert!(data.events.events.is_empty(), "events do not leave");
        assert!(
            data.status != Status::Ok,
            "nobody says of a span that it worked"
        );
        let place = Place::root(data.parent_span_id);
        let mut span = Self::started(data.span_context.span_id(), place);
        span.trace_flags = data.span_context.trace_flags();
        if !data.links.is_empty() {
            span.rest_mut().public_links = data.links.len();
        }
        if let Status::Error { description } = &data.status {
            span.rest_mut().error_text.clone_from(description);
            span.has_failed = true;
        }
        span.take_frame(&mut data);
        span.name = data.name;
        span.attributes = data.attributes;
        span.dropped_attributes_count = data.dropped_attributes_count;
        span.recorded_by = Some(Arc::new(data.instrumentation_scope));
        span
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
    use opentelemetry::trace::Status;
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
