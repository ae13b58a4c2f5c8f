//! The agent in front of servers that are not ours: what they send is shown, but it rules nothing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use axum::routing::post;
use axum::{Json, Router};
use glassbox::PassbackRequest;
use gmail_example::agent::{self, AgentOptions};
use gmail_example::screen::Screen;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ESCAPE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}boom\r\nnext";

/// An MCP server that gives every tool call this result.
async fn serving(result: Value) -> AgentOptions {
    serving_as(json!({"tools": {}}), result).await
}

/// The same of a server with these capabilities.
async fn serving_as(capabilities: Value, result: Value) -> AgentOptions {
    let answer = post(async move |Json(request): Json<Value>| {
        let result = match request.get("method").and_then(Value::as_str) {
            Some("initialize") => json!({
                "protocolVersion": "2025-06-18",
                "capabilities": capabilities,
                "serverInfo": {"name": "foreign", "version": "1"},
            }),
            Some("tools/list") => {
                let schema = json!({"type": "object"});
                let tools = json!([{"name": "list_emails", "inputSchema": schema}]);
                // A list that never ends.
                json!({"tools": tools, "nextCursor": "again"})
            }
            Some("tools/call") if result == json!("gone") => panic!("the server dies"),
            _ => result.clone(),
        };
        Json(json!({"jsonrpc": "2.0", "id": request.get("id"), "result": result}))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async { axum::serve(listener, Router::new().route("/mcp", answer)).await });
    let mut options = AgentOptions::new("List 3 emails", url);
    options.passback = PassbackRequest::Detailed;
    options
}

async fn shown(result: Value) -> (Result<(), String>, String) {
    asked(&serving(result).await).await
}

async fn asked(options: &AgentOptions) -> (Result<(), String>, String) {
    let mut out = Vec::new();
    let outcome = agent::run(options, Screen::PLAIN, &mut out)
        .await
        .map_err(|error| error.to_string());
    (outcome, String::from_utf8(out).unwrap())
}

fn answer(telemetry: &Value) -> Value {
    json!({
        "content": [{"type": "text", "text": "two emails"}],
        "_meta": {"otel": {"traces": telemetry}},
    })
}

fn assert_harmless(text: &str) {
    let unsafe_in = |text: &str| {
        text.contains(|character: char| {
            (character.is_control() && character != '\n') || character == '\u{202e}'
        })
    };
    assert!(!unsafe_in(text), "{text:?}");
}

#[tokio::test]
async fn a_server_without_passback_is_normal() {
    let (outcome, text) = shown(json!({"content": [{"type": "text", "text": "two emails"}]})).await;
    outcome.unwrap();
    assert!(
        text.starts_with("The tool answered: two emails\n"),
        "{text}"
    );
    assert!(
        text.contains("The server sent no spans, and does not say that it returns any"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_keep_its_word_is_told_from_one_that_gave_none() {
    let capabilities = json!({"tools": {}, "serverExecutionTelemetry": {"version": "2026-03-01"}});
    let result = json!({"content": [{"type": "text", "text": "two emails"}]});
    let (outcome, text) = asked(&serving_as(capabilities, result).await).await;
    outcome.unwrap();
    assert!(
        text.contains("The server sent no spans, although it says that it returns them"),
        "{text}"
    );
}

#[tokio::test]
async fn a_list_of_tools_that_never_ends_is_read_so_far() {
    let (outcome, text) = shown(json!({"content": []})).await;
    outcome.unwrap();
    assert!(
        text.contains("The model was not told of 19 tools of the server"),
        "{text}"
    );
}

#[tokio::test]
async fn junk_in_the_telemetry_leaves_the_result_alone() {
    for (telemetry, note) in [
        (json!("junk"), "17 bytes refused unread: malformed."),
        (
            json!({"resourceSpans": "junk"}),
            "35 bytes refused unread: malformed.",
        ),
        (
            json!({"resourceSpans": [{"scopeSpans": [{"spans": [1, {}, {"spanId": "x"}]}]}]}),
            "3 spans received, 0 accepted, 3 rejected: 2 malformed, 1 without ids",
        ),
        (
            json!({"resourceSpans": [], "droppedSpanCount": 7}),
            "the server held back 7 spans",
        ),
    ] {
        let (outcome, text) = shown(answer(&telemetry)).await;
        outcome.unwrap();
        assert!(
            text.starts_with("The tool answered: two emails\n"),
            "{text}"
        );
        assert!(
            text.replace('\n', " ").contains(note),
            "{note} is missing:\n{text}"
        );
        assert!(text.contains("─ tools/call list_emails "), "{text}");
    }
}

#[tokio::test]
async fn escapes_never_reach_the_terminal() {
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": ESCAPE, "kind": 2,
        "startTimeUnixNano": "1", "endTimeUnixNano": "2",
        "attributes": [{"key": "error.type", "value": {"stringValue": ESCAPE}}],
        "status": {"code": 2, "message": ESCAPE},
    });
    let spans = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": ESCAPE}}]},
        "scopeSpans": [{"spans": [span]}],
    }]});
    let (_, text) = shown(answer(&spans)).await;
    assert_harmless(&text);
    let emails = json!({"emails": [{
        "id": "1", "from": ESCAPE, "to": "", "subject": ESCAPE, "date": "", "snippet": "", "unread": true,
    }]});
    let (_, text) = shown(json!({"content": [], "structuredContent": emails})).await;
    assert!(text.contains("boom"), "{text}");
    assert_harmless(&text);
    let (outcome, text) =
        shown(json!({"content": [{"type": "text", "text": ESCAPE}], "isError": true})).await;
    assert!(outcome.is_err());
    assert_harmless(&text);
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_a_call_is_named() {
    let (outcome, text) = shown(json!("gone")).await;
    let error = outcome.unwrap_err();
    assert!(
        error
            .starts_with("the call failed: the server ended the connection before it had answered"),
        "{error}"
    );
    // What there is, is shown.
    assert!(
        text.contains("tools/call list_emails ERROR transport"),
        "{text}"
    );
}
