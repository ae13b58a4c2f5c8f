//! Traces for tests, written as one line a span.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{SpanTree, findings};

/// A span: id, parent id (0 for none), kind, name, start and end in milliseconds, and
/// attributes `key=value`, where a number is an integer.
pub(crate) type Row<'a> = (u64, u64, u8, &'a str, u64, u64, &'a [&'a str]);

/// A payload of one service.
pub(crate) fn payload(service: &str, spans: &[Row<'_>]) -> Value {
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

pub(crate) const CLIENT: u8 = 3;
pub(crate) const CONSUMER: u8 = 5;
pub(crate) const SERVER: u8 = 2;
pub(crate) const INTERNAL: u8 = 1;
const GET: [&str; 2] = [
    "http.request.method=GET",
    "url.template=/gmail/v1/users/me/messages/{id}",
];

/// The caller's own span of the Gmail example.
pub(crate) fn gmail_client() -> Value {
    payload(
        "mcp-gmail-agent",
        &[(1, 0, CLIENT, "tools/call list_emails", 0, 2060, &[])],
    )
}

/// What the Gmail example's server returns by default.
pub(crate) fn gmail_top_level() -> Value {
    payload("mcp-gmail-server", &gmail_phases())
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

/// What it returns in detail.
pub(crate) fn gmail_detailed() -> Value {
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

/// Any tree: odd links, several traces, times that are missing, reversed, far apart or all the same, errors, and names
/// that repeat; or an orderly one, of calls one after another below a few spans. Ids are unique.
pub(crate) fn arbitrary_tree() -> impl Strategy<Value = Value> {
    let time = prop_oneof![
        6 => (0..1_000_u64).prop_map(|millis| 1_700_000_000_000_000_000 + millis * 1_000_000),
        1 => Just(0),
        1 => any::<u64>(),
    ];
    let name = prop_oneof![
        Just("GET /a/{id}".to_owned()),
        Just("load".to_owned()),
        Just(String::new()),
        any::<String>(),
    ];
    let attribute = prop_oneof![
        Just(json!({"key": "url.full", "value": {"stringValue": "https://a/1"}})),
        Just(json!({"key": "http.request.method", "value": {"stringValue": "GET"}})),
        Just(json!({"key": "url.template", "value": {"stringValue": "/a/{id}"}})),
        any::<String>()
            .prop_map(|text| json!({"key": "error.type", "value": {"stringValue": text}})),
        any::<i64>().prop_map(
            |status| json!({"key": "http.response.status_code", "value": {"intValue": status}})
        ),
        (0..3).prop_map(
            |count| json!({"key": "http.request.resend_count", "value": {"intValue": count}})
        ),
        (0..3).prop_map(|count| json!({"key": "my.count", "value": {"intValue": count}})),
    ];
    let span = (
        (0..30_u64, 0..6_u8, 0..10_u8),
        name,
        (time.clone(), time),
        prop::collection::vec(attribute, 0..4),
    );
    let spans = prop::collection::vec(span, 0..40);
    (spans, any::<bool>(), any::<bool>()).prop_map(|(mut spans, orderly, skewed)| {
        for (((parent, kind, dice), name, times, _), number) in
            spans.iter_mut().zip(0_u64..).filter(|_| orderly)
        {
            let start = 1_700_000_000_000_000_000 + number * 20_000_000;
            *times = (start, start + 18_000_000 + u64::from(*dice) * 300_000);
            *parent = 1 + *parent % 2;
            if number < 2 {
                // A caller and its server, above all others.
                (*parent, *kind, *dice) = (number, 3 - u8::from(number == 1), 5);
                let offset = if skewed { number * 5_000_000_000 } else { number };
                *times = (start - number * 20_000_000 + offset, start + offset + 800_000_000);
            } else if *dice > 0 {
                let names = ["GET /a/{id}", "GET /b", "GET /c", "GET /d"];
                names[usize::from(dice.saturating_sub(6))].clone_into(name);
                (*kind, *dice) = (3, 5);
            }
        }
        let json = |(id, ((parent, kind, dice), name, (start, end), attributes))| -> Value {
            let id: u64 = id;
            json!({
                "traceId": format!("{:032x}", 1 + dice / 9), "spanId": format!("{id:016x}"),
                "parentSpanId": format!("{parent:016x}"), "name": name, "kind": kind,
                "startTimeUnixNano": start, "endTimeUnixNano": end, "attributes": attributes,
                "status": {"code": if dice < 3 { 2 } else { 0 }},
            })
        };
        let spans: Vec<_> = (1..).zip(spans).map(json).collect();
        let (theirs, ours) = spans.split_at(spans.len() / 2);
        let resource = |service: &str| json!({"attributes": [{"key": "service.name", "value": {"stringValue": service}}]});
        json!({"resourceSpans": [
            {"resource": resource("server"), "scopeSpans": [{"spans": theirs}]},
            {"resource": resource("agent"), "scopeSpans": [{"spans": ours}]},
        ]})
    })
}

/// What is found in spans of one service, a sentence each.
pub(crate) fn sentences(spans: &[Row<'_>]) -> Vec<String> {
    let tree = SpanTree::from_otlp(&payload("s", spans)).unwrap();
    findings(&tree).iter().map(ToString::to_string).collect()
}
