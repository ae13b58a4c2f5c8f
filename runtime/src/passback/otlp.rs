//! Spans as OTLP JSON text (S06, S07).
//!
//! OTLP JSON is the protobuf mapping with two changes: trace and span ids are
//! hex, and enums are integers. 64-bit integers are decimal strings. Empty
//! fields are left out. Text, and not a tree of values: that costs a tenth.

use std::io::Write as _;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{
    Event, Link, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, Key, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::finished::Finished;
use super::json::{HexDigits, hex, push_integer, push_text};
use super::rest::Trace;
use super::secrets::Net;
use super::value::cut;
use crate::propagation::MAX_TRACESTATE_BYTES;

/// `SpanFlags`: the next bit says whether the parent is remote.
const FLAG_HAS_IS_REMOTE: u32 = 0x100;
/// `SpanFlags`: the parent is remote.
const FLAG_IS_REMOTE: u32 = 0x200;
/// What a span takes, most of the time.
const SPAN_BYTES: usize = 512;
/// What stands around the spans takes, most of the time.
const FRAME_BYTES: usize = 512;
/// Stands where a number stood that is a secret.
const REDACTED_NUMBER: &str = "[redacted]";
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Writes spans, and what stands around them, one after another.
#[derive(Debug)]
pub(crate) struct SpanWriter<'n> {
    json: Vec<u8>,
    max_value_length_bytes: usize,
    net: Option<&'n Net>,
    /// Whether each text is looked at closely. None is at first: a quick look
    /// at all that was written says whether there is anything to find.
    looks_closely: bool,
    redacted: usize,
    /// The digits of the last trace id: spans of one answer have the same.
    trace_id: (TraceId, [HexDigits; 2]),
}

impl<'n> SpanWriter<'n> {
    pub(crate) fn new(max_value_length_bytes: usize) -> Self {
        Self {
            json: Vec::new(),
            max_value_length_bytes,
            net: None,
            looks_closely: false,
            redacted: 0,
            trace_id: (TraceId::INVALID, [hex([0; 8]); 2]),
        }
    }

    /// Makes room for about so many spans.
    pub(super) fn with_room_for(mut self, spans: usize) -> Self {
        self.json.reserve(FRAME_BYTES + spans * SPAN_BYTES);
        self
    }

    /// Looks for secrets in whatever is written. This is the one place that all
    /// texts pass, before they are cut or escaped.
    pub(super) fn with_net(mut self, net: &'n Net) -> Self {
        self.net = (!net.is_empty()).then_some(net);
        self
    }

    /// Begins again, to look at each text closely, if a secret may stand in what
    /// was written without that. Says whether it does.
    pub(super) fn begins_again(&mut self) -> bool {
        let may_hold_secret = || self.net.is_some_and(|net| net.may_be_in(&self.json));
        let begins_again = !self.looks_closely && may_hold_secret();
        if begins_again {
            self.json.clear();
            self.redacted = 0;
            self.looks_closely = true;
        }
        begins_again
    }

    /// Secrets that were found, and replaced.
    pub(super) fn redacted(&self) -> usize {
        self.redacted
    }

    /// All that was written.
    pub(crate) fn into_json(self) -> Vec<u8> {
        self.json
    }

    /// Writes what is JSON already.
    // Always inline, as what is below: most of what is pushed is constant, and
    // then a few moves.
    #[inline(always)]
    pub(crate) fn push(&mut self, json: impl AsRef<[u8]>) {
        self.json.extend_from_slice(json.as_ref());
    }

    /// Writes one span and says where it stands.
    pub(crate) fn write<'a>(&mut self, span: impl Into<SpanView<'a>>) -> Range<usize> {
        let start = self.json.len();
        self.span(&span.into());
        start..self.json.len()
    }

    /// Writes a part that is the server's own, and so is not cut; and says where
    /// it stands.
    pub(super) fn part(&mut self, write: impl FnOnce(&mut Self)) -> Range<usize> {
        let start = self.json.len();
        let bound = std::mem::replace(&mut self.max_value_length_bytes, usize::MAX);
        write(self);
        self.max_value_length_bytes = bound;
        start..self.json.len()
    }

    fn span(&mut self, span: &SpanView<'_>) {
        self.ids(span.trace_id, span.id);
        if span.parent != SpanId::INVALID {
            self.push("\",\"parentSpanId\":\"");
            self.push(hex(span.parent.to_bytes()).as_flattened());
        }
        self.push("\"");
        self.trace_state(span.trace_state);
        self.flags(span.trace_flags, span.parent_is_remote);
        self.field(",\"name\":\"", span.name);
        self.push(kind(span.kind));
        self.time(",\"startTimeUnixNano\":\"", span.start_time);
        self.time(",\"endTimeUnixNano\":\"", span.end_time);
        self.attributes(span.attributes);
        self.count(",\"droppedAttributesCount\":", span.dropped_attributes);
        self.list(",\"events\":[", span.events, |writer, event| {
            writer.time("{\"timeUnixNano\":\"", event.timestamp);
            writer.field(",\"name\":\"", &event.name);
            writer.attributes(&event.attributes);
            writer.count(
                ",\"droppedAttributesCount\":",
                event.dropped_attributes_count,
            );
            writer.push("}");
        });
        self.count(",\"droppedEventsCount\":", span.dropped_events);
        self.list(",\"links\":[", span.links, |writer, link| {
            let context = &link.span_context;
            writer.ids(context.trace_id(), context.span_id());
            writer.push("\"");
            writer.trace_state(context.trace_state());
            writer.attributes(&link.attributes);
            writer.count(
                ",\"droppedAttributesCount\":",
                link.dropped_attributes_count,
            );
            writer.flags(context.trace_flags(), context.is_remote());
            writer.push("}");
        });
        self.count(",\"droppedLinksCount\":", span.dropped_links);
        self.status(span.status);
        self.push("}");
    }

    /// The first members of a span or a link: which span it is or points at. The
    /// last quotation mark is left to the caller.
    fn ids(&mut self, trace: TraceId, span: SpanId) {
        self.push("{\"traceId\":\"");
        self.trace_id(trace);
        self.push("\",\"spanId\":\"");
        self.push(hex(span.to_bytes()).as_flattened());
    }

    fn trace_id(&mut self, id: TraceId) {
        let (known, digits) = &mut self.trace_id;
        if *known != id {
            let bytes = id.to_bytes();
            let (halves, _) = bytes.as_chunks();
            *known = id;
            digits
                .iter_mut()
                .zip(halves)
                .for_each(|(digits, half)| *digits = hex(*half));
        }
        self.json
            .extend_from_slice(digits.as_flattened().as_flattened());
    }

    fn flags(&mut self, flags: TraceFlags, is_remote: bool) {
        let remote = if is_remote { FLAG_IS_REMOTE } else { 0 };
        let flags = u32::from(flags.to_u8()) | FLAG_HAS_IS_REMOTE | remote;
        self.integer(",\"flags\":", flags);
    }

    fn status(&mut self, status: StatusView<'_>) {
        match status {
            StatusView::Unset => {}
            StatusView::Ok => self.push(",\"status\":{\"code\":1}"),
            StatusView::Error(text) => {
                self.push(",\"status\":{\"code\":2");
                if !text.is_empty() {
                    self.field(",\"message\":\"", text);
                }
                self.push("}");
            }
        }
    }

    /// Whole or not at all: cut, it would be another one.
    fn trace_state(&mut self, state: &TraceState) {
        if *state == TraceState::NONE {
            return;
        }
        let header = state.header();
        if !header.is_empty() && header.len() <= MAX_TRACESTATE_BYTES {
            self.whole(",\"traceState\":\"", &header);
        }
    }

    fn attributes(&mut self, attributes: &[KeyValue]) {
        self.list(",\"attributes\":[", attributes, |writer, attribute| {
            writer.attribute(&attribute.key, &attribute.value);
        });
    }

    #[inline(always)]
    pub(super) fn attribute(&mut self, key: &Key, value: &Value) {
        self.whole("{\"key\":\"", key.as_str());
        match value {
            Value::String(value) => {
                self.field(",\"value\":{\"stringValue\":\"", value.as_str());
                self.push("}}");
            }
            value => {
                self.push(",\"value\":");
                self.value(value);
                self.push("}");
            }
        }
    }

    fn value(&mut self, value: &Value) {
        if matches!(value, Value::I64(_) | Value::F64(_)) && self.is_secret(value) {
            return self.string(REDACTED_NUMBER);
        }
        match value {
            Value::Bool(true) => self.push("{\"boolValue\":true}"),
            Value::Bool(false) => self.push("{\"boolValue\":false}"),
            Value::I64(value) => {
                self.integer("{\"intValue\":\"", *value);
                self.push("\"}");
            }
            Value::F64(value) => self.double(*value),
            Value::String(value) => self.string(value.as_str()),
            Value::Array(array) => self.array(array),
            // `Value` is open for new kinds; an empty value is valid OTLP.
            _ => self.push("{}"),
        }
    }

    fn string(&mut self, value: &str) {
        self.field("{\"stringValue\":\"", value);
        self.push("}");
    }

    /// `values` is written even if empty: some readers insist on it.
    fn array(&mut self, array: &Array) {
        self.push("{\"arrayValue\":{\"values\":[");
        match array {
            Array::Bool(values) => {
                self.items(values, |writer, value| writer.value(&Value::Bool(*value)))
            }
            Array::I64(values) => {
                self.items(values, |writer, value| writer.value(&Value::I64(*value)))
            }
            Array::F64(values) => {
                self.items(values, |writer, value| writer.value(&Value::F64(*value)))
            }
            Array::String(values) => {
                self.items(values, |writer, value| writer.string(value.as_str()))
            }
            _ => {}
        }
        self.push("]}}");
    }

    /// Non-finite numbers are strings in the protobuf mapping.
    fn double(&mut self, value: f64) {
        self.push("{\"doubleValue\":");
        match value {
            value if value.is_nan() => self.push("\"NaN\""),
            f64::INFINITY => self.push("\"Infinity\""),
            f64::NEG_INFINITY => self.push("\"-Infinity\""),
            // Writing to memory cannot fail.
            value => drop(write!(self.json, "{value:?}")),
        }
        self.push("}");
    }

    /// A list that begins with `key`, or nothing if it is empty.
    pub(super) fn list<T>(&mut self, key: &str, items: &[T], write: impl FnMut(&mut Self, &T)) {
        if !items.is_empty() {
            self.push(key);
            self.items(items, write);
            self.push("]");
        }
    }

    pub(super) fn items<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(",");
            }
            write(self, item);
        }
    }

    #[inline(always)]
    fn time(&mut self, key: &str, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = since.as_secs().saturating_mul(NANOS_PER_SECOND);
        self.integer(key, seconds.saturating_add(since.subsec_nanos().into()));
        self.push("\"");
    }

    fn count(&mut self, key: &str, count: u32) {
        if count > 0 {
            self.integer(key, count);
        }
    }

    #[inline(always)]
    pub(super) fn integer(&mut self, key: &str, value: impl itoa::Integer) {
        self.push(key);
        push_integer(&mut self.json, value);
    }

    /// A member whose text may be cut. `key` has the first quotation mark.
    #[inline(always)]
    pub(super) fn field(&mut self, key: &str, value: &str) {
        self.text(key, value, self.max_value_length_bytes);
    }

    /// A member whose text is never cut.
    #[inline(always)]
    fn whole(&mut self, key: &str, value: &str) {
        self.text(key, value, usize::MAX);
    }

    #[inline(always)]
    fn text(&mut self, key: &str, value: &str, max_bytes: usize) {
        self.push(key);
        match self.net {
            Some(net) if self.looks_closely || Net::may_be_cut(value, max_bytes) => {
                self.scrubbed(net, value, max_bytes);
            }
            _ => push_text(&mut self.json, cut(value, max_bytes)),
        }
        self.push("\"");
    }

    fn scrubbed(&mut self, net: &Net, value: &str, max_bytes: usize) {
        let (clean, found) = net.scrub(value, max_bytes);
        self.redacted += found;
        push_text(&mut self.json, cut(&clean, max_bytes));
    }

    /// Whether a number, as it would be written, is a secret.
    fn is_secret(&mut self, number: &Value) -> bool {
        let Some(net) = self.net else {
            return false;
        };
        // A whole number is written as it is looked for; another may not be.
        if !self.looks_closely && matches!(number, Value::I64(_)) {
            return false;
        }
        let (_, found) = net.scrub(&number.as_str(), usize::MAX);
        self.redacted += found;
        found > 0
    }
}

/// What is written of a span, wherever it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanView<'a> {
    trace_id: TraceId,
    id: SpanId,
    trace_state: &'a TraceState,
    trace_flags: TraceFlags,
    parent: SpanId,
    parent_is_remote: bool,
    name: &'a str,
    kind: &'a SpanKind,
    start_time: SystemTime,
    end_time: SystemTime,
    attributes: &'a [KeyValue],
    dropped_attributes: u32,
    events: &'a [Event],
    dropped_events: u32,
    links: &'a [Link],
    dropped_links: u32,
    status: StatusView<'a>,
}

/// How a span ended.
#[derive(Clone, Copy, Debug)]
enum StatusView<'a> {
    Unset,
    Ok,
    /// Why, if it says so.
    Error(&'a str),
}

impl<'a> From<&'a SpanData> for SpanView<'a> {
    fn from(span: &'a SpanData) -> Self {
        let context = &span.span_context;
        Self {
            trace_id: context.trace_id(),
            id: context.span_id(),
            trace_state: context.trace_state(),
            trace_flags: context.trace_flags(),
            parent: span.parent_span_id,
            parent_is_remote: span.parent_span_is_remote,
            name: &span.name,
            kind: &span.span_kind,
            start_time: span.start_time,
            end_time: span.end_time,
            attributes: &span.attributes,
            dropped_attributes: span.dropped_attributes_count,
            events: &span.events,
            dropped_events: span.events.dropped_count,
            links: &span.links,
            dropped_links: span.links.dropped_count,
            status: match &span.status {
                Status::Unset => StatusView::Unset,
                Status::Ok => StatusView::Ok,
                Status::Error { description } => StatusView::Error(description),
            },
        }
    }
}

impl<'a> SpanView<'a> {
    /// A span that has ended; of `trace`, if it says nothing else.
    pub(super) fn of(span: &'a Finished, trace: &'a Trace) -> Self {
        let own = span.rest().and_then(|rest| rest.trace.as_ref());
        let trace = own.unwrap_or(trace);
        Self {
            trace_id: trace.id,
            id: span.id,
            trace_state: &trace.state,
            trace_flags: span.trace_flags,
            parent: span.place.parent,
            parent_is_remote: span.parent_is_remote,
            name: &span.name,
            kind: &span.kind,
            start_time: span.start_time,
            end_time: span.end_time,
            attributes: &span.attributes,
            dropped_attributes: span.dropped_attributes_count,
            events: &[],
            dropped_events: span.dropped_events_count,
            links: span.links(),
            dropped_links: span.dropped_links_count,
            status: span.failure().map_or(StatusView::Unset, StatusView::Error),
        }
    }
}

/// `SpanKind` on the wire, as a member; the SDK's numbering is another.
const fn kind(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Internal => ",\"kind\":1",
        SpanKind::Server => ",\"kind\":2",
        SpanKind::Client => ",\"kind\":3",
        SpanKind::Producer => ",\"kind\":4",
        SpanKind::Consumer => ",\"kind\":5",
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanContext;

    use super::super::bucket::tests::span;
    use super::*;

    /// A `tracestate` of so many bytes.
    fn trace_state(bytes: usize) -> TraceState {
        let long = "v".repeat(250);
        let rest = "w".repeat(bytes - "k=,l=,m=".len() - 2 * long.len());
        let members = [("k", long.clone()), ("l", long), ("m", rest)];
        let state = TraceState::from_key_value(members).unwrap();
        assert_eq!(state.header().len(), bytes);
        state
    }

    #[test]
    fn a_tracestate_leaves_whole_or_not_at_all() {
        for (bytes, times) in [(510, 2), (511, 2), (512, 2), (513, 0)] {
            let mut span = span(1, 0, "work");
            let known = &span.span_context;
            let (trace, id, flags) = (known.trace_id(), known.span_id(), known.trace_flags());
            span.span_context = SpanContext::new(trace, id, flags, false, trace_state(bytes));
            let link = Link::with_context(span.span_context.clone());
            span.links.links.push(link);
            let mut writer = SpanWriter::new(8);
            writer.write(&span);
            let text = String::from_utf8(writer.into_json()).unwrap();
            let written = format!("\"traceState\":\"{}\"", trace_state(bytes).header());
            assert_eq!(text.matches(&written).count(), times, "{bytes}");
            assert_eq!(text.matches("traceState").count(), times);
        }
    }
}
