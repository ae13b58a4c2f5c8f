//! OTLP JSON as protobuf: the same spans, field by field.

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::resource::v1 as resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use prost::Message as _;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::otlp::{
    AnyValue, Attribute, Envelope, Event, Link, OtlpPayload, Resource, ResourceSpans, Scope,
    ScopeSpans, SpanFields,
};

/// A request with the spans of all payloads, and how many spans could not be read.
pub(super) fn encode(payloads: &[OtlpPayload]) -> (Vec<u8>, usize) {
    let mut request = ExportTraceServiceRequest::default();
    let mut unreadable = 0_usize;
    for payload in payloads {
        let text = format!("[{}]", payload.resource_spans());
        let envelope: Envelope<'_> = serde_json::from_str(&text).unwrap_or_default();
        let parts = envelope.entries.iter().map(|entry| &entry.parts);
        let entries: Vec<_> = parts.map(resource_spans).collect();
        let spans: usize = entries
            .iter()
            .flat_map(|entry| &entry.scope_spans)
            .map(|scope| scope.spans.len())
            .sum();
        unreadable = unreadable.saturating_add(payload.span_count().saturating_sub(spans));
        request.resource_spans.extend(entries);
    }
    (request.encode_to_vec(), unreadable)
}

fn resource_spans(entry: &ResourceSpans<'_>) -> trace::ResourceSpans {
    trace::ResourceSpans {
        resource: entry.resource.and_then(resource),
        scope_spans: entry.scope_spans.items.iter().map(scope_spans).collect(),
        schema_url: text(entry.schema_url),
    }
}

fn scope_spans(entry: &ScopeSpans<'_>) -> trace::ScopeSpans {
    let scope = entry.scope.and_then(|raw| read::<Option<Scope>>(raw)?);
    trace::ScopeSpans {
        scope: scope.map(|scope| common::InstrumentationScope {
            name: scope.name,
            version: scope.version,
            dropped_attributes_count: dropped(
                scope.dropped_attributes_count,
                scope.attributes.excess,
            ),
            attributes: attributes(scope.attributes.items),
        }),
        spans: entry
            .spans
            .items
            .iter()
            .filter_map(|span| serde_json::from_str::<SpanFields>(span.text).ok())
            .map(span)
            .collect(),
        schema_url: text(entry.schema_url),
    }
}

/// What a resource says of entities (OTLP, in development).
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Entities {
    entity_refs: Vec<Entity>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Entity {
    schema_url: String,
    r#type: String,
    id_keys: Vec<String>,
    description_keys: Vec<String>,
}

fn resource(raw: &RawValue) -> Option<resource::Resource> {
    let resource = read::<Option<Resource>>(raw)??;
    let entities = read::<Entities>(raw).unwrap_or_default();
    let entity_refs = entities
        .entity_refs
        .into_iter()
        .map(|entity| common::EntityRef {
            schema_url: entity.schema_url,
            r#type: entity.r#type,
            id_keys: entity.id_keys,
            description_keys: entity.description_keys,
        });
    Some(resource::Resource {
        dropped_attributes_count: dropped(
            resource.dropped_attributes_count,
            resource.attributes.excess,
        ),
        attributes: attributes(resource.attributes.items),
        entity_refs: entity_refs.collect(),
    })
}

fn span(span: SpanFields) -> trace::Span {
    trace::Span {
        trace_id: trace_id(span.trace_id),
        span_id: span_id(span.span_id),
        trace_state: span.trace_state,
        parent_span_id: span_id(span.parent_span_id),
        flags: span.flags,
        name: span.name,
        kind: enumeration(span.kind),
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        dropped_attributes_count: dropped(span.dropped_attributes_count, span.attributes.excess),
        attributes: attributes(span.attributes.items),
        dropped_events_count: dropped(span.dropped_events_count, span.events.excess),
        events: span.events.items.into_iter().map(event).collect(),
        dropped_links_count: dropped(span.dropped_links_count, span.links.excess),
        links: span.links.items.into_iter().map(link).collect(),
        status: span.status.map(|status| trace::Status {
            message: status.message,
            code: enumeration(status.code),
        }),
    }
}

fn event(event: Event) -> trace::span::Event {
    trace::span::Event {
        time_unix_nano: event.time_unix_nano,
        name: event.name,
        dropped_attributes_count: dropped(event.dropped_attributes_count, event.attributes.excess),
        attributes: attributes(event.attributes.items),
    }
}

fn link(link: Link) -> trace::span::Link {
    trace::span::Link {
        trace_id: trace_id(link.trace_id),
        span_id: span_id(link.span_id),
        trace_state: link.trace_state,
        dropped_attributes_count: dropped(link.dropped_attributes_count, link.attributes.excess),
        attributes: attributes(link.attributes.items),
        flags: link.flags,
    }
}

fn attributes(attributes: Vec<Attribute>) -> Vec<common::KeyValue> {
    let convert = |attribute: Attribute| common::KeyValue {
        key: attribute.key,
        value: Some(value(attribute.value)),
        ..common::KeyValue::default()
    };
    attributes.into_iter().map(convert).collect()
}

fn value(value: AnyValue) -> common::AnyValue {
    use common::any_value::Value;
    let value = match value {
        AnyValue::Empty => None,
        AnyValue::String(text) => Some(Value::StringValue(text)),
        AnyValue::Bool(value) => Some(Value::BoolValue(value)),
        AnyValue::Int(number) => Some(Value::IntValue(number)),
        AnyValue::Double(number) => Some(Value::DoubleValue(number)),
        AnyValue::Bytes(bytes) => Some(Value::BytesValue(bytes)),
        AnyValue::Array(values) => Some(Value::ArrayValue(common::ArrayValue {
            values: values.into_iter().map(self::value).collect(),
        })),
        AnyValue::Map(entries) => Some(Value::KvlistValue(common::KeyValueList {
            values: attributes(entries),
        })),
    };
    common::AnyValue { value }
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

fn text(raw: Option<&RawValue>) -> String {
    raw.and_then(|raw| read::<Option<String>>(raw)?)
        .unwrap_or_default()
}

/// No id is no bytes.
fn trace_id(id: TraceId) -> Vec<u8> {
    match id {
        TraceId::INVALID => Vec::new(),
        id => id.to_bytes().to_vec(),
    }
}

fn span_id(id: SpanId) -> Vec<u8> {
    match id {
        SpanId::INVALID => Vec::new(),
        id => id.to_bytes().to_vec(),
    }
}

/// A number beyond those that protobuf can hold means nothing.
fn enumeration(number: u64) -> i32 {
    i32::try_from(number).unwrap_or_default()
}

/// What the reader's bounds took counts as dropped, too.
fn dropped(count: u32, excess: usize) -> u32 {
    count.saturating_add(u32::try_from(excess).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The trace of OTLP's own examples (opentelemetry-proto, `examples/trace.json`), and all that it leaves out.
    const EXAMPLES: [&str; 2] = [
        r#"{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
            "scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0","attributes":[{"key":"my.scope.attribute",
            "value":{"stringValue":"some scope attribute"}}]},"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
            "spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173","name":"I'm a server span",
            "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","kind":2,
            "attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}}]}]}]}"#,
        r#"{"resource":{"attributes":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":"-3"},{"doubleValue":0.1},
            {"boolValue":true},{"bytesValue":"+/8="},{"kvlistValue":{"values":[{"key":"k","value":{}}]}}]}}}],
            "droppedAttributesCount":2,"entityRefs":[{"schemaUrl":"e","type":"service","idKeys":["a"],"descriptionKeys":["b"]}]},
            "schemaUrl":"r","scopeSpans":[{"schemaUrl":"s","scope":{"name":"n","droppedAttributesCount":1},"spans":[
            {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","traceState":"v=1","flags":769,"name":"n","kind":3,
             "startTimeUnixNano":"1","endTimeUnixNano":"18446744073709551615","droppedAttributesCount":4,"droppedEventsCount":5,
             "droppedLinksCount":6,"status":{"code":2,"message":"m"},
             "events":[{"timeUnixNano":"7","name":"e","attributes":[{"key":"x","value":{"intValue":"1"}}],"droppedAttributesCount":8}],
             "links":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175","traceState":"w=2","flags":1,
             "attributes":[{"key":"y","value":{"stringValue":"z"}}],"droppedAttributesCount":9}]},{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}]}"#,
    ];

    fn decoded(payloads: &[OtlpPayload]) -> (ExportTraceServiceRequest, usize) {
        let (body, unreadable) = encode(payloads);
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        (request, unreadable)
    }

    #[test]
    fn is_what_the_reference_decoder_reads_from_the_json() {
        let payloads: Vec<_> = EXAMPLES
            .iter()
            .zip([1, 2])
            .map(|(text, spans)| OtlpPayload::new(*text, spans))
            .collect();
        let expected: ExportTraceServiceRequest =
            serde_json::from_str(&super::super::encode::json(&payloads)).unwrap();
        assert_eq!(decoded(&payloads), (expected, 0));
    }

    #[test]
    fn takes_what_the_reference_decoder_does_not() {
        let span = r#"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","kind":"SPAN_KIND_CLIENT","startTimeUnixNano":5,"attributes":[{"key":"d","value":{"doubleValue":"-Infinity"}}]}"#;
        let text = format!("{{\"scopeSpans\":[{{\"spans\":[{span}]}}]}}");
        let (request, unreadable) = decoded(&[OtlpPayload::new(text, 1)]);
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!((span.kind, span.start_time_unix_nano), (3, 5));
        let value = span.attributes[0].value.clone().unwrap().value.unwrap();
        assert_eq!(
            value,
            common::any_value::Value::DoubleValue(f64::NEG_INFINITY)
        );
        assert_eq!(unreadable, 0);
    }

    #[test]
    fn counts_spans_that_cannot_be_read_and_keeps_the_others() {
        const IDS: &str =
            r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174""#;
        let spans =
            format!(r#"{{{IDS},"name":3}},{{{IDS},"name":"n"}},[],{{"name":"without ids"}}"#);
        let text = format!(r#"{{"scopeSpans":[{{"spans":[{spans}]}}]}}"#);
        let payloads = [
            OtlpPayload::new(text.clone(), 4),
            OtlpPayload::new("junk", 5),
            OtlpPayload::new(text, 4),
        ];
        let (request, unreadable) = decoded(&payloads);
        assert_eq!((request.resource_spans.len(), unreadable), (2, 11));
    }
}
