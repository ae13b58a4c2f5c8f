//! Traces to look at.

use glassbox::analysis::{SpanTree, findings};
use glassbox::render::{HtmlOptions, html};
use serde_json::{Value, json};

use crate::fixture::{gmail_client, gmail_detailed, payload};

pub fn page_of(payloads: &[&Value]) -> String {
    page_with(payloads, &HtmlOptions::default())
}

pub fn page_with(payloads: &[&Value], options: &HtmlOptions) -> String {
    let tree = SpanTree::from_payloads(payloads.iter().copied()).unwrap();
    html(&tree, &findings(&tree), options)
}

/// The Gmail example's call in detail, with what its HTTP client records.
pub fn gmail() -> [Value; 2] {
    let mut server = gmail_detailed();
    let entry = &mut server["resourceSpans"][0];
    entry["resource"]["attributes"]
        .as_array_mut()
        .unwrap()
        .push(attribute("service.version", "0.1.0"));
    for span in entry["scopeSpans"][0]["spans"].as_array_mut().unwrap() {
        if span["kind"] == 3 {
            let attributes = span["attributes"].as_array_mut().unwrap();
            attributes.push(attribute("server.address", "gmail.googleapis.com"));
            attributes
                .push(json!({"key": "http.response.status_code", "value": {"intValue": "200"}}));
        }
    }
    [gmail_client(), server]
}

pub fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// A call with two errors, an event, a link, and values of every type.
pub fn failing() -> Value {
    let mut trace = payload(
        "shop",
        &[
            (1, 0, 2, "tools/call buy", 0, 1000, &[]),
            (2, 1, 1, "cart.check", 0, 300, &[]),
            (3, 2, 3, "GET /cart", 10, 290, &["error.type=500"]),
            (
                4,
                1,
                1,
                "pay",
                300,
                1000,
                &["error.type=timeout", "pay.attempts=3"],
            ),
        ],
    );
    let pay = &mut trace["resourceSpans"][0]["scopeSpans"][0]["spans"][3];
    pay["status"]["message"] = json!("the bank did not answer");
    pay["events"] = json!([{
        "timeUnixNano": "1700000000600000000", "name": "exception",
        "attributes": [attribute("exception.stacktrace", "at pay\n\tat bank")],
    }]);
    pay["links"] = json!([{
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "00f067aa0ba902b7",
        "attributes": [attribute("why", "retry")],
    }]);
    pay["attributes"].as_array_mut().unwrap().push(json!({
        "key": "pay.items", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": 2}]}},
    }));
    trace
}

/// A root, then chains of ten below it.
pub fn large(count: u64) -> Value {
    linked(count, |id| match id {
        1 => 0,
        id if id % 10 == 2 => 1,
        id => id - 1,
    })
}

/// Each span below the one before.
pub fn chain(count: u64) -> Value {
    linked(count, |id| id - 1)
}

fn linked(count: u64, parent: impl Fn(u64) -> u64) -> Value {
    let spans: Vec<_> = (1..=count)
        .map(|id| {
            let parent = parent(id);
            let mut span = json!({
                "traceId": format!("{:032x}", 1), "spanId": format!("{id:016x}"), "name": format!("span {id}"), "kind": 1,
                "startTimeUnixNano": format!("{}", 1_700_000_000_000_000_000_u64 + id * 1000),
                "endTimeUnixNano": "1700000000100000000",
            });
            if parent > 0 {
                span["parentSpanId"] = json!(format!("{parent:016x}"));
            }
            span
        })
        .collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [attribute("service.name", "large")]},
        "scopeSpans": [{"spans": spans}],
    }]})
}

/// Text that wants to be something else.
pub const HOSTILE: [&str; 10] = [
    "<script>window.__pwned = 1</script>",
    "</script><script>window.__pwned = 1</script>",
    "<!--<script>",
    "<img src=x onerror=\"window.__pwned = 1\">",
    "\" autofocus onfocus=\"window.__pwned = 1",
    "javascript:window.__pwned=1",
    "\u{1b}[2J\u{1b}]8;;https://evil.example\u{7}link",
    "\u{202e}gnp.exe\u{2066}\u{200b}",
    "__proto__",
    "{{data}}${window.__pwned = 1}",
];

/// Spans whose every text is hostile, one of a name of 100 kB, a cycle, and spans without times.
pub fn hostile() -> Value {
    let long = "A<".repeat(50_000);
    let texts: Vec<&str> = HOSTILE.iter().copied().chain([long.as_str()]).collect();
    let spans: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            json!({
                "traceId": format!("{:032x}", 1),
                "spanId": format!("{:016x}", index + 2),
                "parentSpanId": if index == 0 { "000000000000000c".to_owned() } else { format!("{:016x}", index + 1) },
                "name": text, "kind": 3, "traceState": text,
                "startTimeUnixNano": if index % 2 == 0 { 0 } else { u64::MAX - 5 },
                "endTimeUnixNano": u64::MAX,
                "status": {"code": 2, "message": text},
                "attributes": [
                    attribute(text, text),
                    attribute("error.type", text),
                    json!({"key": "__proto__", "value": {"kvlistValue": {"values": [attribute(text, text)]}}}),
                    json!({"key": "constructor", "value": {"bytesValue": "AAEC"}}),
                ],
                "events": [{"name": text, "timeUnixNano": 1, "attributes": [attribute(text, text)]}],
                "links": [{"attributes": [attribute(text, text)]}],
            })
        })
        .collect();
    let entries: Vec<_> = spans
        .into_iter()
        .zip(&texts)
        .map(|(span, text)| json!({
            "resource": {"attributes": [attribute("service.name", text), attribute(text, text)]},
            "scopeSpans": [{"scope": {"name": text, "version": text}, "spans": [span]}],
        }))
        .collect();
    json!({"resourceSpans": entries})
}
