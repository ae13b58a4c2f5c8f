//! What is accepted and what is not, on whole answers.

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use serde_json::{Value, json};

use super::*;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

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

fn resource(name: &str) -> Value {
    json!({"attributes": [{"key": "service.name", "value": {"stringValue": name}}]})
}

fn answer(spans: &[Value]) -> Value {
    json!({"resourceSpans": [
        {"resource": resource("s"), "scopeSpans": [{"scope": {"name": "l"}, "spans": spans}]}
    ]})
}

fn read(telemetry: &Value) -> Ingested {
    Ingest::new().read(&telemetry.to_string(), &caller(100))
}

fn line(telemetry: &Value) -> String {
    read(telemetry).report().to_string()
}

#[test]
fn accepts_a_tree_under_the_callers_span() {
    let telemetry = answer(&[span(2, 1), span(1, 100), span(3, 1)]);
    let ingested = read(&telemetry);
    assert_eq!(
        ingested.report().to_string(),
        "3 spans received, 3 accepted"
    );
    let payload = ingested.payload().unwrap();
    assert_eq!(payload.to_json(), telemetry.to_string());
    let ids: Vec<_> = ingested.spans().iter().map(|span| span.id()).collect();
    assert_eq!(ids, [1, 2, 3].map(SpanId::from));
    assert_eq!(ingested.spans()[0].service(), Some("s"));
}

#[test]
fn a_bad_span_costs_itself_and_what_is_below_it() {
    let mut bad = span(2, 1);
    bad["name"] = json!(3);
    let telemetry = answer(&[span(1, 100), bad, span(3, 2), span(4, 1)]);
    assert_eq!(
        line(&telemetry),
        "4 spans received, 2 accepted, 2 rejected: 1 malformed, 1 below a rejected span or on a cycle"
    );
}
