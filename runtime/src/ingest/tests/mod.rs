//! Whole answers: what is accepted of them and what is not.

mod bounds;
mod hostile;
mod rules;
mod spellings;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use serde_json::{Value, json};

use super::{Ingest, Ingested};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
/// The caller's span, unless a test has several.
const CALLER: u64 = 0xca11;

fn caller(id: u64) -> SpanContext {
    let trace = TraceId::from_hex(TRACE).unwrap();
    let state = TraceState::NONE;
    SpanContext::new(trace, SpanId::from(id), TraceFlags::SAMPLED, false, state)
}

fn span(id: u64, parent: u64) -> Value {
    json!({
        "traceId": TRACE, "spanId": format!("{id:016x}"), "parentSpanId": format!("{parent:016x}"),
        "name": format!("span {id}"), "kind": 2, "startTimeUnixNano": "1", "endTimeUnixNano": "2",
    })
}

/// A span with one member set.
fn span_with(id: u64, parent: u64, name: &str, value: Value) -> Value {
    let mut span = span(id, parent);
    span[name] = value;
    span
}

fn text_attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn resource(service: &str) -> Value {
    json!({"attributes": [text_attribute("service.name", service)]})
}

fn entry(service: &str, spans: &[Value]) -> Value {
    json!({"resource": resource(service), "scopeSpans": [{"scope": {"name": "l"}, "spans": spans}]})
}

/// `{"resourceSpans": [...]}` of one entry.
fn answer(spans: &[Value]) -> Value {
    json!({"resourceSpans": [entry("s", spans)]})
}

/// The same with the spans as text.
fn answer_text(spans: &str) -> String {
    answer(&[])
        .to_string()
        .replace("\"spans\":[]", &format!("\"spans\":[{spans}]"))
}

fn read(telemetry: &str) -> Ingested {
    Ingest::new().read(telemetry, &caller(CALLER))
}

fn line(telemetry: &Value) -> String {
    read(&telemetry.to_string()).report().to_string()
}

fn ids(ingested: &Ingested) -> Vec<SpanId> {
    ingested.spans().iter().map(|span| span.id()).collect()
}
