//! One span of OTLP JSON, read leniently and within bounds.
//!
//! OTLP obliges a reader to take numbers or strings for 64-bit integers and hex ids in either case. Beyond that, this
//! reader takes enums by name, and it takes a span whatever else is missing, as long as it has an id.

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry::{KeyValue, Value as AttributeValue};
use opentelemetry_semantic_conventions::attribute::SERVICE_NAME;
use serde_json::Value;

use super::span::Span;

/// Attributes read from a span: SEP-2448, Telemetry Volume Bounds (S09), has servers send no more.
const MAX_ATTRIBUTES: usize = 128;
/// Characters kept of any text of a span. Ours: nobody reads more of a name in a tree.
const MAX_TEXT_CHARS: usize = 1024;

/// The elements of an array, or nothing.
pub(super) fn elements<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// `service.name` of a `resourceSpans` entry.
pub(super) fn service_name(resource_spans: &Value) -> Option<String> {
    resource_spans
        .get("resource")
        .map_or(&[][..], |resource| elements(resource, "attributes"))
        .iter()
        .take(MAX_ATTRIBUTES)
        .find(|attribute| attribute.get("key").and_then(Value::as_str) == Some(SERVICE_NAME))
        .and_then(|attribute| attribute.get("value")?.get("stringValue")?.as_str())
        .map(bounded)
}

/// A span, or `None` for what has no usable id.
pub(super) fn span(json: &Value, service: Option<&str>) -> Option<Span> {
    Some(Span {
        service: service.map(str::to_owned),
        trace_id: hex_id::<32>(json, "traceId")
            .and_then(|hex| TraceId::from_hex(hex).ok())
            .unwrap_or(TraceId::INVALID),
        id: span_id(json, "spanId")?,
        parent_id: span_id(json, "parentSpanId"),
        name: json
            .get("name")
            .and_then(Value::as_str)
            .map(bounded)
            .unwrap_or_default(),
        kind: kind(json.get("kind")),
        start_unix_nano: unsigned(json.get("startTimeUnixNano")),
        end_unix_nano: unsigned(json.get("endTimeUnixNano")),
        attributes: elements(json, "attributes")
            .iter()
            .take(MAX_ATTRIBUTES)
            .filter_map(attribute)
            .collect(),
        status: status(json.get("status")),
    })
}

fn span_id(json: &Value, key: &str) -> Option<SpanId> {
    let id = SpanId::from_hex(hex_id::<16>(json, key)?).ok()?;
    (id != SpanId::INVALID).then_some(id)
}

/// Exactly `LENGTH` hex digits; `from_hex` alone would take fewer, and a sign.
fn hex_id<'a, const LENGTH: usize>(json: &'a Value, key: &str) -> Option<&'a str> {
    let text = json.get(key)?.as_str()?;
    (text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(text)
}

fn bounded(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
}

fn unsigned(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

fn kind(value: Option<&Value>) -> SpanKind {
    let number = value.and_then(Value::as_u64);
    let name = value.and_then(Value::as_str);
    match (number, name) {
        (Some(2), _) | (_, Some("SPAN_KIND_SERVER")) => SpanKind::Server,
        (Some(3), _) | (_, Some("SPAN_KIND_CLIENT")) => SpanKind::Client,
        (Some(4), _) | (_, Some("SPAN_KIND_PRODUCER")) => SpanKind::Producer,
        (Some(5), _) | (_, Some("SPAN_KIND_CONSUMER")) => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn status(value: Option<&Value>) -> Status {
    let Some(value) = value else {
        return Status::Unset;
    };
    let code = value.get("code");
    match (code.and_then(Value::as_u64), code.and_then(Value::as_str)) {
        (Some(1), _) | (_, Some("STATUS_CODE_OK")) => Status::Ok,
        (Some(2), _) | (_, Some("STATUS_CODE_ERROR")) => Status::error(
            value
                .get("message")
                .and_then(Value::as_str)
                .map(bounded)
                .unwrap_or_default(),
        ),
        _ => Status::Unset,
    }
}

fn attribute(json: &Value) -> Option<KeyValue> {
    let key = bounded(json.get("key")?.as_str()?);
    Some(KeyValue::new(key, attribute_value(json.get("value")?)?))
}

fn attribute_value(value: &Value) -> Option<AttributeValue> {
    if let Some(text) = value.get("stringValue").and_then(Value::as_str) {
        return Some(bounded(text).into());
    }
    if let Some(boolean) = value.get("boolValue").and_then(Value::as_bool) {
        return Some(boolean.into());
    }
    if let Some(integer) = value.get("intValue") {
        return integer
            .as_i64()
            .or_else(|| integer.as_str()?.parse().ok())
            .map(AttributeValue::I64);
    }
    let double = value.get("doubleValue")?;
    double
        .as_f64()
        .or_else(|| double.as_str()?.parse().ok())
        .map(AttributeValue::F64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_numbers_and_strings_for_64_bit_integers() {
        let span = span(
            &json!({
                "spanId": "B7AD6B7169203331",
                "startTimeUnixNano": 5, "endTimeUnixNano": "7",
                "attributes": [
                    {"key": "a", "value": {"intValue": "3"}},
                    {"key": "b", "value": {"intValue": 4}},
                    {"key": "c", "value": {"doubleValue": "NaN"}},
                    {"key": "d", "value": {"arrayValue": {"values": []}}},
                ],
            }),
            None,
        )
        .unwrap();
        assert_eq!((span.start_unix_nano(), span.end_unix_nano()), (5, 7));
        assert_eq!(span.attribute("a"), Some(&AttributeValue::I64(3)));
        assert_eq!(span.attribute("b"), Some(&AttributeValue::I64(4)));
        assert!(matches!(span.attribute("c"), Some(AttributeValue::F64(value)) if value.is_nan()));
        assert_eq!(span.attribute("d"), None);
    }

    #[test]
    fn refuses_ids_of_another_length_and_zero() {
        for id in [
            "",
            "b7ad",
            "0x7ad6b716920333",
            "+7ad6b7169203331",
            "0000000000000000",
            "b7ad6b7169203331b7",
        ] {
            assert_eq!(span(&json!({"spanId": id}), None), None, "{id}");
        }
    }

    #[test]
    fn takes_enums_by_number_and_by_name() {
        for (json, kind, error) in [
            (
                json!({"kind": 2, "status": {"code": 2, "message": "m"}}),
                SpanKind::Server,
                true,
            ),
            (
                json!({"kind": "SPAN_KIND_CLIENT", "status": {"code": "STATUS_CODE_ERROR"}}),
                SpanKind::Client,
                true,
            ),
            (
                json!({"kind": -1, "status": "junk"}),
                SpanKind::Internal,
                false,
            ),
        ] {
            let mut json = json;
            json["spanId"] = json!("b7ad6b7169203331");
            let span = span(&json, None).unwrap();
            assert_eq!((span.kind(), span.is_error()), (kind, error));
        }
    }

    #[test]
    fn bounds_attributes_and_text() {
        let attribute = json!({"key": "k", "value": {"stringValue": "x".repeat(5000)}});
        let json = json!({
            "spanId": "b7ad6b7169203331",
            "name": "é".repeat(5000),
            "attributes": vec![attribute; MAX_ATTRIBUTES + 1],
        });
        let span = span(&json, None).unwrap();
        assert_eq!(span.name().chars().count(), MAX_TEXT_CHARS);
        assert_eq!(span.attributes().len(), MAX_ATTRIBUTES);
        assert_eq!(span.text_attribute("k").map(str::len), Some(MAX_TEXT_CHARS));
    }
}
