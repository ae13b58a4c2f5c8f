//! Traces written as one line a span.

use serde_json::{Value, json};

/// A span: id, parent id (0 for none), kind, name, start and end in milliseconds, and
/// attributes `key=value`, where a number is an integer.
pub type Row<'a> = (u64, u64, u8, &'a str, u64, u64, &'a [&'a str]);

/// A payload of one service.
pub fn payload(service: &str, spans: &[Row<'_>]) -> Value {
    let spans: Vec<_> = spans
        .iter()
        .map(|&(id, parent, kind, name, start, end, attributes)| {
            let mut span = json!({
                "traceId": format!("{:032x}", 1),
                "spanId": format!("{id:016x}"),
                "name": name,
                "kind": kind,
                "startTimeUnixNano": nanos(start),
                "endTimeUnixNano": nanos(end),
                "attributes": attributes.iter().map(|attribute| json_attribute(attribute)).collect::<Vec<_>>(),
            });
            if parent != 0 {
                span["parentSpanId"] = json!(format!("{parent:016x}"));
            }
            if attributes.iter().any(|attribute| attribute.starts_with("error.type=")) {
                span["status"] = json!({"code": 2});
            }
            span
        })
        .collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeSpans": [{"scope": {"name": "glassbox"}, "spans": spans}],
    }]})
}

fn nanos(millis: u64) -> String {
    (1_700_000_000_000_000_000 + millis * 1_000_000).to_string()
}

fn json_attribute(attribute: &str) -> Value {
    let (key, value) = attribute.split_once('=').unwrap();
    match value.parse::<i64>() {
        Ok(integer) if key != "error.type" => {
            json!({"key": key, "value": {"intValue": integer.to_string()}})
        }
        _ => json!({"key": key, "value": {"stringValue": value}}),
    }
}

const CLIENT: u8 = 3;
pub const SERVER: u8 = 2;
const INTERNAL: u8 = 1;
const GET: [&str; 2] = [
    "http.request.method=GET",
    "url.template=/gmail/v1/users/me/messages/{id}",
];

/// The caller's own span of the Gmail example.
pub fn gmail_client() -> Value {
    payload(
        "mcp-gmail-agent",
        &[(1, 0, CLIENT, "tools/call list_emails", 0, 2060, &[])],
    )
}

fn gmail_phases() -> Vec<Row<'static>> {
    vec![
        (
            2,
            1,
            SERVER,
            "tools/call list_emails",
            2,
            2055,
            &["mcp.method.name=tools/call"],
        ),
        (
            3,
            2,
            INTERNAL,
            "auth.validate",
            3,
            53,
            &["gen_ai.tool.name=list_emails"],
        ),
        (
            4,
            2,
            INTERNAL,
            "gmail.list_messages",
            53,
            455,
            &["gmail.max_results=3"],
        ),
        (
            5,
            2,
            INTERNAL,
            "gmail.fetch_details",
            455,
            2050,
            &["gmail.fetch_count=3"],
        ),
        (6, 2, INTERNAL, "format_response", 2050, 2055, &[]),
    ]
}

/// What the Gmail example's server returns in detail.
pub fn gmail_detailed() -> Value {
    let mut spans = gmail_phases();
    let get = "GET /gmail/v1/users/me/messages/{id}";
    spans.extend([
        (
            7,
            4,
            CLIENT,
            "GET /gmail/v1/users/me/messages",
            54,
            454,
            &GET[..1],
        ),
        (8, 5, CLIENT, get, 456, 976, &GET[..]),
        (9, 5, CLIENT, get, 977, 1487, &GET[..]),
        (10, 5, CLIENT, get, 1488, 2018, &GET[..]),
    ]);
    payload("mcp-gmail-server", &spans)
}
