//! Spans as OTLP JSON text (S06, S07).
//!
//! OTLP JSON is the protobuf mapping with two changes: trace and span ids are
//! hex, and enums are integers. 64-bit integers are decimal strings. Empty
//! fields are left out. Text, and not a tree of values: that costs a tenth.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceState};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::finished::Finished;
use super::json::{push_hex, push_integer, push_string};
use super::secrets::Net;
use super::value::cut;
use crate::propagation::MAX_TRACESTATE_BYTES;

/// `SpanFlags`: the next bit says whether the parent is remote.
const FLAG_HAS_IS_REMOTE: u32 = 0x100;
/// Room for a span, most of the time.
const SPAN_BYTES: usize = 512;
/// Room for what stands around the spans, most of the time.
const FRAME_BYTES: usize = 512;
/// Stands where a number stood that is a secret.
const REDACTED_NUMBER: &str = "[redacted]";
/// `SpanFlags`: the parent is remote.
const FLAG_IS_REMOTE: u32 = 0x200;

/// Writes spans one by one, so that their sizes are known before it is decided
/// which of them leave.
#[derive(Debug)]
pub(crate) struct SpanWriter {
    text: String,
    max_value_length_bytes: usize,
    net: Option<Net>,
    /// Whether each text is looked at closely. Spans are not, unless a quick
    /// look at all that was written of one finds something.
    looks_closely: bool,
    redacted: usize,
}

impl SpanWriter {
    pub(crate) fn new(max_value_length_bytes: usize) -> Self {
        Self {
            text: String::new(),
            max_value_length_bytes,
            net: None,
            looks_closely: true,
            redacted: 0,
        }
    }

    /// Looks for secrets in whatever is written. This is the one place that all
    /// texts pass, before they are cut or escaped.
    pub(super) fn with_net(mut self, net: &Net) -> Self {
        self.net = (!net.is_empty()).then(|| net.clone());
        self
    }

    /// Secrets that were found, and replaced.
    pub(super) fn redacted(&self) -> usize {
        self.redacted
    }

    /// Writes one span and says where it stands in [`text`](Self::text).
    pub(crate) fn write<'a>(&mut self, span: impl Into<SpanView<'a>>) -> Range<usize> {
        let span = span.into();
        let (start, redacted) = (self.text.len(), self.redacted);
        self.looks_closely = false;
        self.span(&span);
        self.looks_closely = true;
        if self.may_hold_secret(start) {
            self.text.truncate(start);
            self.redacted = redacted;
            self.span(&span);
        }
        start..self.text.len()
    }

    fn may_hold_secret(&self, start: usize) -> bool {
        let written = self.text.get(start..).unwrap_or_default();
        self.net.as_ref().is_some_and(|net| net.may_be_in(written))
    }

    #[cfg(any(test, feature = "forward"))]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// All that was written.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn span(&mut self, span: &SpanView<'_>) {
        self.text.reserve(SPAN_BYTES);
        self.ids(span.context);
        if span.parent != SpanId::INVALID {
            self.text.push_str(",\"parentSpanId\":\"");
            push_hex(&mut self.text, span.parent.to_bytes());
            self.text.push('"');
        }
        self.trace_state(span.context.trace_state());
        self.flags(span.context, span.parent_is_remote);
        self.field(",\"name\":", span.name);
        self.integer(",\"kind\":", kind(span.kind));
        self.time(",\"startTimeUnixNano\":", span.start);
        self.time(",\"endTimeUnixNano\":", span.end);
        self.attributes(span.attributes);
        self.count(",\"droppedAttributesCount\":", span.dropped_attributes);
        self.list(",\"events\":", span.events, |writer, event| {
            writer.time("{\"timeUnixNano\":", event.timestamp);
            writer.field(",\"name\":", &event.name);
            writer.attributes(&event.attributes);
            writer.count(
                ",\"droppedAttributesCount\":",
                event.dropped_attributes_count,
            );
            writer.text.push('}');
        });
        self.count(",\"droppedEventsCount\":", span.dropped_events);
        self.list(",\"links\":", span.links, |writer, link| {
            let context = &link.span_context;
            writer.ids(context);
            writer.trace_state(context.trace_state());
            writer.attributes(&link.attributes);
            writer.count(
                ",\"droppedAttributesCount\":",
                link.dropped_attributes_count,
            );
            writer.flags(context, context.is_remote());
            writer.text.push('}');
        });
        self.count(",\"droppedLinksCount\":", span.dropped_links);
        self.status(span.status);
        self.text.push('}');
    }

    /// The first members of a span or a link: which span it is or points at.
    fn ids(&mut self, context: &SpanContext) {
        self.text.push_str("{\"traceId\":\"");
        push_hex(&mut self.text, context.trace_id().to_bytes());
        self.text.push_str("\",\"spanId\":\"");
        push_hex(&mut self.text, context.span_id().to_bytes());
        self.text.push('"');
    }

    fn flags(&mut self, context: &SpanContext, is_remote: bool) {
        let remote = if is_remote { FLAG_IS_REMOTE } else { 0 };
        let flags = u32::from(context.trace_flags().to_u8()) | FLAG_HAS_IS_REMOTE | remote;
        self.integer(",\"flags\":", flags);
    }

    fn status(&mut self, status: &Status) {
        match status {
            Status::Unset => {}
            Status::Ok => self.text.push_str(",\"status\":{\"code\":1}"),
            Status::Error { description } => {
                self.text.push_str(",\"status\":{\"code\":2");
                if !description.is_empty() {
                    self.field(",\"message\":", description);
                }
                self.text.push('}');
            }
        }
    }

    /// Whole or not at all: cut, it would be another one.
    fn trace_state(&mut self, state: &TraceState) {
        let header = state.header();
        if !header.is_empty() && header.len() <= MAX_TRACESTATE_BYTES {
            self.text_of(",\"traceState\":", &header, usize::MAX);
        }
    }

    fn attributes(&mut self, attributes: &[KeyValue]) {
        self.list(",\"attributes\":", attributes, |writer, attribute| {
            writer.attribute(&attribute.key, &attribute.value);
        });
    }

    fn attribute(&mut self, key: &Key, value: &Value) {
        self.text_of("{\"key\":", key.as_str(), usize::MAX);
        self.text.push_str(",\"value\":");
        self.value(value);
        self.text.push('}');
    }

    fn value(&mut self, value: &Value) {
        if matches!(value, Value::I64(_) | Value::F64(_)) && self.is_secret(value) {
            return self.value(&Value::from(REDACTED_NUMBER));
        }
        match value {
            Value::Bool(true) => self.text.push_str("{\"boolValue\":true}"),
            Value::Bool(false) => self.text.push_str("{\"boolValue\":false}"),
            Value::I64(value) => {
                self.integer("{\"intValue\":\"", *value);
                self.text.push_str("\"}");
            }
            Value::F64(value) => self.double(*value),
            Value::String(value) => {
                self.field("{\"stringValue\":", value.as_str());
                self.text.push('}');
            }
            Value::Array(array) => self.array(array),
            // `Value` is open for new kinds; an empty value is valid OTLP.
            _ => self.text.push_str("{}"),
        }
    }

    /// `values` is written even if empty: some readers insist on it.
    fn array(&mut self, array: &Array) {
        self.text.push_str("{\"arrayValue\":{\"values\":");
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
            Array::String(values) => self.items(values, |writer, value| {
                writer.field("{\"stringValue\":", value.as_str());
                writer.text.push('}');
            }),
            _ => self.text.push_str("[]"),
        }
        self.text.push_str("}}");
    }

    /// Non-finite numbers are strings in the protobuf mapping.
    fn double(&mut self, value: f64) {
        self.text.push_str("{\"doubleValue\":");
        match value {
            value if value.is_nan() => self.text.push_str("\"NaN\""),
            f64::INFINITY => self.text.push_str("\"Infinity\""),
            f64::NEG_INFINITY => self.text.push_str("\"-Infinity\""),
            // Writing to a string cannot fail.
            value => drop(write!(self.text, "{value:?}")),
        }
        self.text.push('}');
    }

    /// A list under `key`, or nothing if it is empty.
    fn list<T>(&mut self, key: &str, items: &[T], write: impl FnMut(&mut Self, &T)) {
        if !items.is_empty() {
            self.text.push_str(key);
            self.items(items, write);
        }
    }

    fn items<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.text.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            write(self, item);
        }
        self.text.push(']');
    }

    fn time(&mut self, key: &str, time: SystemTime) {
        let nanos = time
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        self.text.push_str(key);
        self.integer("\"", u64::try_from(nanos).unwrap_or(u64::MAX));
        self.text.push('"');
    }

    fn count(&mut self, key: &str, count: u32) {
        if count > 0 {
            self.integer(key, count);
        }
    }

    fn integer(&mut self, key: &str, value: impl itoa::Integer) {
        self.text.push_str(key);
        push_integer(&mut self.text, value);
    }

    fn field(&mut self, key: &str, value: &str) {
        self.text_of(key, value, self.max_value_length_bytes);
    }

    fn text_of(&mut self, key: &str, value: &str, max_bytes: usize) {
        self.text.push_str(key);
        match &self.net {
            Some(net) if self.looks_closely || Net::may_be_cut(value, max_bytes) => {
                let (clean, found) = net.scrub(value, max_bytes);
                self.redacted += found;
                push_string(&mut self.text, cut(&clean, max_bytes));
            }
            _ => push_string(&mut self.text, cut(value, max_bytes)),
        }
    }

    /// Whether a number, as it would be written, is a secret.
    fn is_secret(&mut self, number: &Value) -> bool {
        let Some(net) = &self.net else {
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
    context: &'a SpanContext,
    parent: SpanId,
    parent_is_remote: bool,
    name: &'a str,
    kind: &'a SpanKind,
    start: SystemTime,
    end: SystemTime,
    attributes: &'a [KeyValue],
    dropped_attributes: u32,
    events: &'a [Event],
    dropped_events: u32,
    links: &'a [Link],
    dropped_links: u32,
    status: &'a Status,
}

impl<'a> From<&'a SpanData> for SpanView<'a> {
    fn from(span: &'a SpanData) -> Self {
        Self {
            context: &span.span_context,
            parent: span.parent_span_id,
            parent_is_remote: span.parent_span_is_remote,
            name: &span.name,
            kind: &span.span_kind,
            start: span.start_time,
            end: span.end_time,
            attributes: &span.attributes,
            dropped_attributes: span.dropped_attributes_count,
            events: &span.events,
            dropped_events: span.events.dropped_count,
            links: &span.links,
            dropped_links: span.links.dropped_count,
            status: &span.status,
        }
    }
}

impl<'a> From<&'a Finished> for SpanView<'a> {
    fn from(span: &'a Finished) -> Self {
        Self {
            context: &span.span_context,
            parent: span.parent_span_id,
            parent_is_remote: span.parent_span_is_remote,
            name: &span.name,
            kind: &span.span_kind,
            start: span.start_time,
            end: span.end_time,
            attributes: &span.attributes,
            dropped_attributes: span.dropped_attributes_count,
            events: &[],
            dropped_events: span.dropped_events_count,
            links: &span.links,
            dropped_links: span.dropped_links_count,
            status: &span.status,
        }
    }
}

/// Assembles the value of `_meta.otel.traces` from encoded spans, and says how
/// many secrets it found on the way.
pub(super) fn assemble<'a>(
    resource: &Resource,
    spans: impl IntoIterator<Item = (&'a InstrumentationScope, &'a str)>,
    dropped_spans: usize,
    net: &Net,
) -> (String, usize) {
    let mut writer = SpanWriter::new(usize::MAX).with_net(net);
    writer.text.push_str("{\"resourceSpans\":[");
    writer.resource_spans(resource, spans);
    writer.text.push_str(if dropped_spans > 0 {
        "],\"truncated\":true"
    } else {
        "],\"truncated\":false"
    });
    writer.integer(",\"droppedSpanCount\":", dropped_spans);
    writer.text.push('}');
    (writer.text, writer.redacted)
}

/// Bytes that a scope takes in the answer beside its spans, with the comma.
pub(super) fn scope_bytes(scope: &InstrumentationScope, net: &Net) -> usize {
    let mut writer = SpanWriter::new(usize::MAX).with_net(net);
    writer.scope_spans(scope, &[""]);
    writer.text.len() + 1
}

/// Assembles one entry of `resourceSpans` from encoded spans; nothing if there are none.
#[cfg(feature = "forward")]
pub(crate) fn resource_spans<'a>(
    resource: &Resource,
    spans: impl IntoIterator<Item = (&'a InstrumentationScope, &'a str)>,
) -> String {
    let mut writer = SpanWriter::new(usize::MAX);
    writer.resource_spans(resource, spans);
    writer.text
}

impl SpanWriter {
    fn resource_spans<'a>(
        &mut self,
        resource: &Resource,
        spans: impl IntoIterator<Item = (&'a InstrumentationScope, &'a str)>,
    ) {
        let mut scopes: Vec<(&InstrumentationScope, Vec<&str>)> = Vec::new();
        let mut span_bytes = 0;
        for (scope, span) in spans {
            span_bytes += span.len() + 1;
            match scopes.iter_mut().find(|(known, _)| *known == scope) {
                Some((_, spans)) => spans.push(span),
                None => scopes.push((scope, vec![span])),
            }
        }
        if scopes.is_empty() {
            return;
        }
        self.text.reserve(span_bytes + FRAME_BYTES);
        self.text.push_str("{\"resource\":{");
        let attributes: Vec<_> = resource.iter().collect();
        self.list("\"attributes\":", &attributes, |writer, (key, value)| {
            writer.attribute(key, value)
        });
        self.text.push('}');
        self.list(",\"scopeSpans\":", &scopes, |writer, (scope, spans)| {
            writer.scope_spans(scope, spans);
        });
        if let Some(url) = resource.schema_url() {
            self.field(",\"schemaUrl\":", url);
        }
        self.text.push('}');
    }

    fn scope_spans(&mut self, scope: &InstrumentationScope, spans: &[&str]) {
        self.scope(scope);
        self.list(",\"spans\":", spans, |writer, span| {
            writer.text.push_str(span)
        });
        if let Some(url) = scope.schema_url() {
            self.field(",\"schemaUrl\":", url);
        }
        self.text.push('}');
    }

    fn scope(&mut self, scope: &InstrumentationScope) {
        self.field("{\"scope\":{\"name\":", scope.name());
        if let Some(version) = scope.version() {
            self.field(",\"version\":", version);
        }
        let attributes: Vec<_> = scope.attributes().collect();
        self.list(",\"attributes\":", &attributes, |writer, attribute| {
            writer.attribute(&attribute.key, &attribute.value);
        });
        self.text.push('}');
    }
}

/// `SpanKind` on the wire; the SDK's numbering is another.
fn kind(kind: &SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

#[cfg(test)]
mod tests {
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
            let written = format!("\"traceState\":\"{}\"", trace_state(bytes).header());
            assert_eq!(writer.text().matches(&written).count(), times, "{bytes}");
            assert_eq!(writer.text().matches("traceState").count(), times);
        }
    }
}
