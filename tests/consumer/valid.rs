//! A valid answer is taken whole, however large within the bounds and however it is spelled.

use glassbox::client::Outcome;
use glassbox::ingest::IngestReport;
use glassbox::otlp::AnyValue;
use glassbox::{PassbackLimits, PassbackRequest, Server, mcp_tool, phase};
use rmcp::model::{CallToolRequestParams, CallToolResult};
use serde_json::{Value, json};
use support::answerer::{Answerer, Framing, caller, result_with};
use support::clients::{every_client, over_http};
use support::wire::Running;

use crate::frame::{Call, RESOURCE, entry};

const STDIO: &str = env!("CARGO_BIN_EXE_stdio_server");

/// What a client makes of an answer whose `_meta.otel.traces` is made of the call, and that text.
async fn outcome_of(
    traces: impl Fn(&Value) -> String + Send + Sync + Clone + 'static,
) -> (Outcome<CallToolResult>, String) {
    let mut last = None;
    for framing in [Framing::Json, Framing::Events] {
        let of_request = traces.clone();
        let answer = move |request: &Value| result_with(&of_request(request));
        let server = Answerer::start_with(answer, framing, json!({"tools": {}})).await;
        let connected = over_http(&server.url).await;
        let client = &connected.client;
        let outcome = client.call_tool(CallToolRequestParams::new("tool")).await;
        let text = outcome.result().unwrap().content[0].as_text().unwrap();
        assert_eq!(text.text, "done");
        let sent = traces(&server.requests()[0]);
        last = Some((outcome, sent));
    }
    last.unwrap()
}

/// All of it was taken, and goes on byte for byte.
fn assert_whole(outcome: &Outcome<CallToolResult>, sent: &str, spans: usize) {
    let report = outcome.report();
    assert_eq!(report.accepted(), spans, "{report}");
    assert!(report.is_complete(), "{report}");
    assert_eq!(outcome.payload().unwrap().to_json(), sent);
    assert_eq!(outcome.tree().len(), spans + 1);
}

fn traces_of(spans: &str) -> String {
    format!(r#"{{"resourceSpans":[{}]}}"#, entry(spans))
}

#[tokio::test]
async fn a_full_tree_of_full_spans() {
    let traces = |request: &Value| {
        let call = Call::of(request);
        let attribute =
            |n: usize| format!(r#"{{"key":"key.{n}","value":{{"stringValue":"value {n}"}}}}"#);
        let attributes: Vec<_> = (0..128).map(attribute).collect();
        let more = format!(r#","name":"n","attributes":[{}]"#, attributes.join(","));
        let span = |id| match id {
            1 => call.top(id, &more),
            _ => call.below(id, id / 2, &more),
        };
        traces_of(&(1..=256).map(span).collect::<Vec<_>>().join(","))
    };
    let (outcome, sent) = outcome_of(traces).await;
    assert!(
        sent.len() > 1_000_000,
        "more than any bound of bytes that a server of ours has"
    );
    assert_whole(&outcome, &sent, 256);
}

#[tokio::test]
async fn one_string_of_240_kb_and_an_answer_of_240_000_bytes() {
    for bytes in [240_000, 239_999, 240_001] {
        let traces = move |request: &Value| {
            let more = r#","name":"long","attributes":[{"key":"k","value":{"stringValue":"@"}}]"#;
            let traces = traces_of(&Call::of(request).top(1, more));
            let long = "é".repeat((bytes + 1 - traces.len()) / 2);
            let text = traces.replace('@', &long);
            let missing = bytes - text.len();
            text.replace(r#""long""#, &format!(r#""long{}""#, "g".repeat(missing)))
        };
        let (outcome, sent) = outcome_of(traces).await;
        assert_eq!(sent.len(), bytes);
        assert_whole(&outcome, &sent, 1);
    }
}

/// Does far too much.
#[mcp_tool]
async fn run_away(count: u32) -> u32 {
    for round in 0..count {
        let word = "wörd\\".repeat(300);
        #[phase("step", word = word, round = round)]
        tokio::task::yield_now().await;
    }
    count
}

#[tokio::test]
async fn a_tool_that_runs_away_on_a_server_of_ours() {
    for (max_bytes, expected) in [
        (None, 200),
        (Some(PassbackLimits::DEFAULT_MAX_TOTAL_BYTES * 2), 256),
    ] {
        let mut limits = PassbackLimits::default();
        limits.max_total_bytes = max_bytes.unwrap_or(limits.max_total_bytes);
        let server = Server::builder("runaway", "1")
            .passback_limits(limits)
            .tool::<run_away>()
            .build()
            .unwrap();
        let running = Running::start(server).await;
        let connected = over_http(&running.url).await;
        let client = connected.client.clone();
        let mut params = CallToolRequestParams::new("run_away");
        params.arguments = json!({"count": 2000}).as_object().cloned();
        let outcome = client
            .with_passback(PassbackRequest::Detailed)
            .call_tool(params)
            .await;
        let report = outcome.report();
        assert!(report.is_complete(), "{report}");
        let (accepted, held_back) = (report.accepted(), report.server_dropped());
        assert!((expected - 60..=expected).contains(&accepted), "{report}");
        assert_eq!(accepted as u64 + held_back, 2001, "{report}");
        assert!(
            report
                .to_string()
                .ends_with(&format!("; the server held {held_back} back"))
        );
        let bytes = outcome.payload().unwrap().to_json().len();
        let most = limits.max_total_bytes;
        assert!(
            bytes <= most && (expected == 256 || bytes > most - 5_000),
            "{bytes}"
        );
    }
}

#[tokio::test]
async fn the_official_example() {
    let traces = |request: &Value| {
        let (trace, parent) = caller(request);
        include_str!("../fixtures/otlp_trace.json")
            .replace("5B8EFFF798038103D269B633813FC60C", &trace.to_uppercase())
            .replace("EEE19B7EC3C1B173", &parent.to_uppercase())
    };
    let (outcome, _) = outcome_of(traces).await;
    assert_eq!(outcome.report().to_string(), "1 span received, 1 accepted");
    let span = &outcome.server_spans()[0];
    assert_eq!(
        (span.name(), span.service()),
        ("I'm a server span", Some("my.service"))
    );
    assert_eq!(span.start_unix_nano(), 1_544_712_660_000_000_000);
}

/// Members of a span that OTLP/JSON obliges a reader to take, or that encoders in use write.
const SPELLINGS: &[&str] = &[
    "",
    r#","name":null,"attributes":null,"status":null,"events":null,"links":null,"traceState":null"#,
    r#","status":{},"attributes":[],"events":[],"links":[],"flags":0,"traceState":"""#,
    r#","kind":3,"flags":4294967295,"droppedAttributesCount":7"#,
    r#","kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR","message":"m"}"#,
    r#","attributes":[{"key":"i","value":{"intValue":"-9223372036854775808"}},{"key":"n","value":{"intValue":7}}]"#,
    r#","attributes":[{"key":"d","value":{"doubleValue":"NaN"}},{"key":"e","value":{"doubleValue":"-Infinity"}},{"key":"f","value":{"doubleValue":1}},{"key":"g","value":{"doubleValue":"1.5"}}]"#,
    r#","attributes":[{"key":"y","value":{"bytesValue":"_-8"}},{"key":"z","value":{"bytesValue":"/+8="}}]"#,
    r#","attributes":[{"key":"none","value":{}},{"key":"null","value":null},{"key":"b","value":{"boolValue":false}}]"#,
    r#","attributes":[{"key":"l","value":{"arrayValue":{"values":[{"intValue":1},{}]}}},{"key":"m","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"\u0000\ud83d\ude00"}}]}}}]"#,
    r#","attributes":[{"key":"l","value":{"arrayValue":{}}},{"key":"m","value":{"kvlistValue":{}}}]"#,
    r#","events":[{"timeUnixNano":"1200000000","name":"e"},{"timeUnixNano":1200000000,"attributes":[]},{}]"#,
    r#","links":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B173","flags":1}]"#,
    r#","vendorExtension":{"of":[1.5e3,-0,null,true]},"":0"#,
];

#[tokio::test]
async fn every_spelling() {
    let traces = |request: &Value| {
        let call = Call::of(request);
        let spelled = (1..).zip(SPELLINGS).map(|(id, more)| call.top(id, more));
        // Ids in capitals, times as numbers, members in another order, white space.
        let upper = call
            .top(100, "")
            .replace(&call.trace, &call.trace.to_uppercase())
            .replace(&call.caller, &call.caller.to_uppercase());
        let numbers = call
            .top(101, "")
            .replace(r#""1000000000""#, "1000000000")
            .replace(r#""1500000000""#, "1500000000");
        let spaced = call.top(102, "").replace(',', " ,\n\t").replace(':', " : ");
        // The default of a time is written by nobody.
        let timeless = call.top(103, "").replace(
            r#","startTimeUnixNano":"1000000000","endTimeUnixNano":"1500000000""#,
            "",
        );
        let spans: Vec<_> = spelled.chain([upper, numbers, spaced, timeless]).collect();
        traces_of(&spans.join(","))
    };
    let (outcome, sent) = outcome_of(traces).await;
    assert_whole(&outcome, &sent, SPELLINGS.len() + 4);
    let span = |id: u64| {
        let id = opentelemetry::trace::SpanId::from(id);
        let spans = outcome.server_spans();
        spans.iter().find(|span| span.id() == id).unwrap()
    };
    assert!(span(5).is_error());
    assert_eq!(span(6).attribute("i"), Some(&AnyValue::Int(i64::MIN)));
    assert_eq!(span(6).attribute("n"), Some(&AnyValue::Int(7)));
    assert_eq!(span(101).start_unix_nano(), 1_000_000_000);
}

/// What the reference server writes: protobuf's dictionaries by hand, `truncated` and `droppedSpanCount` beside the
/// spans, everything that has a default left out or written in full.
#[tokio::test]
async fn what_the_reference_server_sends() {
    for (truncated, end) in [
        (r#","truncated":false,"droppedSpanCount":0"#, ""),
        (
            r#","truncated":true,"droppedSpanCount":3"#,
            "; the server held 3 back",
        ),
    ] {
        let traces = move |request: &Value| {
            let call = Call::of(request);
            let scope = r#"{"name":"arcade-mcp-server","version":""}"#;
            let more = r#","name":"tools/call list_emails","kind":2,"attributes":[{"key":"gen_ai.tool.name","value":{"stringValue":"list_emails"}},{"key":"fetch.count","value":{"intValue":"3"}},{"key":"ratio","value":{"doubleValue":0.5}},{"key":"mcp.session","value":{"boolValue":true}}],"events":[],"links":[],"status":{"code":1}"#;
            let spans = [
                call.top(1, more),
                call.below(
                    2,
                    1,
                    r#","name":"auth.validate","kind":1,"status":{"code":0}"#,
                ),
            ];
            format!(
                r#"{{"resourceSpans":[{{"resource":{RESOURCE},"scopeSpans":[{{"scope":{scope},"spans":[{}]}}]}}]{truncated}}}"#,
                spans.join(", ")
            )
        };
        let (outcome, sent) = outcome_of(traces).await;
        let report: &IngestReport = outcome.report();
        assert_eq!(
            report.to_string(),
            format!("2 spans received, 2 accepted{end}")
        );
        let entries = sent.replace(truncated, "");
        assert_eq!(outcome.payload().unwrap().to_json(), entries);
    }
}

#[tokio::test]
async fn a_server_of_ours_over_every_transport() {
    let running = Running::start(support::server::server()).await;
    for connected in every_client(&running.url, STDIO).await {
        let mut params = CallToolRequestParams::new("many");
        params.arguments = json!({"count": 1000}).as_object().cloned();
        let client = connected
            .client
            .clone()
            .with_passback(PassbackRequest::Detailed);
        let outcome = client.call_tool(params).await;
        let report = outcome.report();
        assert_eq!(
            report.to_string(),
            "256 spans received, 256 accepted; the server held 745 back",
            "{}",
            connected.name
        );
    }
}
