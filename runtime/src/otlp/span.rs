//! One span, as its producer told it.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use serde::Deserialize;
use serde::de::Deserializer;

use super::any_value::{AnyValue, Attribute};
use super::bounded::Bounded;
use super::object::from_objects;
use super::resource::{Resource, Scope};
use super::{id, lenient};

const KINDS: [(&str, u64); 6] = [
    ("SPAN_KIND_UNSPECIFIED", 0),
    ("SPAN_KIND_INTERNAL", 1),
    ("SPAN_KIND_SERVER", 2),
    ("SPAN_KIND_CLIENT", 3),
    ("SPAN_KIND_PRODUCER", 4),
    ("SPAN_KIND_CONSUMER", 5),
];
const STATUS_CODES: [(&str, u64); 3] = [
    ("STATUS_CODE_UNSET", 0),
    ("STATUS_CODE_OK", 1),
    ("STATUS_CODE_ERROR", 2),
];

/// One span, as its producer told it: nothing is corrected, and its text is not safe to print.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub(crate) resource: Arc<Resource>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) fields: SpanFields,
}

/// What the span itself carries (OTLP, `Span`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct SpanFields {
    #[serde(default = "no_trace", deserialize_with = "id::trace_id")]
    pub(crate) trace_id: TraceId,
    #[serde(default = "no_span", deserialize_with = "id::span_id")]
    pub(crate) span_id: SpanId,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) trace_state: String,
    #[serde(default = "no_span", deserialize_with = "id::span_id")]
    pub(crate) parent_span_id: SpanId,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) flags: u32,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "kind")]
    pub(crate) kind: u64,
    #[serde(default, deserialize_with = "lenient::unsigned")]
    pub(crate) start_time_unix_nano: u64,
    #[serde(default, deserialize_with = "lenient::unsigned")]
    pub(crate) end_time_unix_nano: u64,
    #[serde(default)]
    pub(crate) attributes: Bounded<Attribute>,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) dropped_attributes_count: u32,
    #[serde(default)]
    pub(crate) events: Bounded<Event>,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) dropped_events_count: u32,
    #[serde(default)]
    pub(crate) links: Bounded<Link>,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) dropped_links_count: u32,
    #[serde(default)]
    pub(crate) status: Option<StatusFields>,
}

/// Who a span says it is, read without the rest of it.
#[cfg(feature = "ingest")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct SpanIds {
    #[serde(default = "no_trace", deserialize_with = "id::trace_id")]
    pub(crate) trace_id: TraceId,
    #[serde(default = "no_span", deserialize_with = "id::span_id")]
    pub(crate) span_id: SpanId,
    #[serde(default = "no_span", deserialize_with = "id::span_id")]
    pub(crate) parent_span_id: SpanId,
}

/// A moment in a span (OTLP, `Span.Event`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Event {
    #[serde(default, deserialize_with = "lenient::unsigned")]
    pub(crate) time_unix_nano: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) attributes: Bounded<Attribute>,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) dropped_attributes_count: u32,
}

/// A span's pointer to another one (OTLP, `Span.Link`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Link {
    #[serde(default = "no_trace", deserialize_with = "id::trace_id")]
    pub(crate) trace_id: TraceId,
    #[serde(default = "no_span", deserialize_with = "id::span_id")]
    pub(crate) span_id: SpanId,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) trace_state: String,
    #[serde(default)]
    pub(crate) attributes: Bounded<Attribute>,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) dropped_attributes_count: u32,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) flags: u32,
}

/// OTLP, `Status`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct StatusFields {
    #[serde(default, deserialize_with = "status_code")]
    pub(crate) code: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) message: String,
}

from_objects!(SpanFields, Event, Link, StatusFields);
#[cfg(feature = "ingest")]
from_objects!(SpanIds);

fn no_trace() -> TraceId {
    TraceId::INVALID
}

fn no_span() -> SpanId {
    SpanId::INVALID
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    lenient::enumeration(deserializer, &KINDS)
}

fn status_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    lenient::enumeration(deserializer, &STATUS_CODES)
}

impl SpanFields {
    /// How many attributes, events and links were over the reader's bound.
    #[cfg(any(test, feature = "ingest"))]
    pub(crate) fn excess(&self) -> usize {
        let in_events = self
            .events
            .items
            .iter()
            .map(|event| event.attributes.excess);
        let in_links = self.links.items.iter().map(|link| link.attributes.excess);
        let own = self.attributes.excess + self.events.excess + self.links.excess;
        in_events.chain(in_links).fold(own, usize::saturating_add)
    }
}

impl Span {
    /// What produced the span.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The code that recorded the span.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// `service.name` of the resource that produced the span.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.resource.service_name()
    }

    /// The trace the span belongs to; all zero if its producer did not say.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.fields.trace_id
    }

    /// The span's id, unique in its tree and never zero.
    #[must_use]
    pub fn id(&self) -> SpanId {
        self.fields.span_id
    }

    /// The id of the span's parent, whether or not that one is in the tree.
    #[must_use]
    pub fn parent_id(&self) -> Option<SpanId> {
        Some(self.fields.parent_span_id).filter(|&id| id != SpanId::INVALID)
    }

    /// The span's name, as sent: print it through [`printable`](crate::render::printable).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.fields.name
    }

    /// The span's kind; [`SpanKind::Internal`] if unspecified, as OTLP defines the default.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        match self.fields.kind {
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Internal,
        }
    }

    /// Start on the producer's clock; 0 if it did not say.
    #[must_use]
    pub fn start_unix_nano(&self) -> u64 {
        self.fields.start_time_unix_nano
    }

    /// End on the producer's clock; 0 if it did not say, and possibly before the start.
    #[must_use]
    pub fn end_unix_nano(&self) -> u64 {
        self.fields.end_time_unix_nano
    }

    /// Whether start and end are there and in order. Spans without such times take part in no calculation.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.start_unix_nano() > 0 && self.end_unix_nano() >= self.start_unix_nano()
    }

    /// How long the span took; `None` unless [`is_timed`](Self::is_timed).
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.is_timed()
            .then(|| Duration::from_nanos(self.end_unix_nano().abs_diff(self.start_unix_nano())))
    }

    /// The span's attributes, in the order sent.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.fields.attributes.items
    }

    /// The value of an attribute; the first, if a hostile producer sent several.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AnyValue> {
        self.attributes()
            .iter()
            .find(|attribute| attribute.key == key)
            .map(|attribute| &attribute.value)
    }

    /// The text of a string attribute.
    #[must_use]
    pub fn text_attribute(&self, key: &str) -> Option<&str> {
        self.attribute(key)?.as_str()
    }

    /// The span's events, in the order sent.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.fields.events.items
    }

    /// The span's links, in the order sent.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.fields.links.items
    }

    /// The span's status.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.fields.status {
            Some(status) if status.code == 1 => Status::Ok,
            Some(status) if status.code == 2 => Status::error(status.message.clone()),
            _ => Status::Unset,
        }
    }

    /// Whether the span's status is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(&self.fields.status, Some(status) if status.code == 2)
    }
}

impl Event {
    /// When it happened, on the producer's clock; 0 if it did not say.
    #[must_use]
    pub fn time_unix_nano(&self) -> u64 {
        self.time_unix_nano
    }

    /// The event's name, as sent.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The event's attributes, in the order sent.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes.items
    }
}

impl Link {
    /// The trace that is pointed to.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span that is pointed to.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The link's attributes, in the order sent.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes.items
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(json: &Value) -> Option<Span> {
        Some(Span {
            resource: Arc::default(),
            scope: Arc::default(),
            fields: <SpanFields as Deserialize>::deserialize(json).ok()?,
        })
    }

    #[test]
    fn reads_all_of_a_span() {
        let span = read(&json!({
            "traceId": "0AF7651916CD43DD8448EB211C80319C", "spanId": "B7AD6B7169203331",
            "parentSpanId": "", "traceState": "v=1", "flags": 257, "name": "n", "kind": 2,
            "startTimeUnixNano": 5, "endTimeUnixNano": "7", "droppedAttributesCount": 1,
            "attributes": [{"key": "a", "value": {"intValue": "3"}}],
            "events": [{"timeUnixNano": "6", "name": "e", "attributes": [{"key": "b", "value": {"boolValue": true}}]}],
            "links": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "00f067aa0ba902b7"}],
            "status": {"code": 2, "message": "m"}, "new": {"deep": [1]},
        }))
        .unwrap();
        assert_eq!(span.id().to_string(), "b7ad6b7169203331");
        assert_eq!(span.parent_id(), None);
        assert_eq!(span.duration(), Some(Duration::from_nanos(2)));
        assert_eq!(span.attribute("a").and_then(AnyValue::as_int), Some(3));
        assert_eq!(span.events()[0].time_unix_nano(), 6);
        assert_eq!(span.links()[0].span_id().to_string(), "00f067aa0ba902b7");
        assert_eq!(span.status(), Status::error("m"));
        assert_eq!(span.kind(), SpanKind::Server);
    }

    #[test]
    fn nothing_but_an_object_is_needed() {
        let span =
            read(&json!({"status": null, "kind": "SPAN_KIND_CLIENT", "attributes": null})).unwrap();
        assert_eq!(span.id(), SpanId::INVALID);
        assert_eq!((span.kind(), span.duration()), (SpanKind::Client, None));
    }

    #[test]
    fn a_member_of_another_type_makes_it_no_span() {
        for json in [
            json!({"name": 3}),
            json!({"spanId": "b7ad"}),
            json!({"kind": []}),
            json!({"status": "junk"}),
            json!({"attributes": {}}),
            json!({"startTimeUnixNano": -1}),
            json!([]),
            json!("span"),
        ] {
            assert_eq!(read(&json), None, "{json}");
        }
    }

    #[test]
    fn counts_what_is_over_the_bound() {
        let span = read(&json!({
            "attributes": vec![json!({"key": "k"}); 1025],
            "events": [{"attributes": vec![json!({}); 1026]}],
        }))
        .unwrap();
        assert_eq!(span.fields.excess(), 3);
    }
}
