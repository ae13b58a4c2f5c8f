//! Calls that nobody waits for any more.

use std::time::Duration;

use glassbox::{Server, mcp_tool, phase};
use serde_json::json;
use support::pipe::Pipe;
use support::server::builder;
use support::tree::tree;
use support::wire::{Client, Running, ask, ask_under, initialize};

use crate::{TRACEPARENT, call, exported, exporting, until};

#[tokio::test]
async fn a_cancelled_call_ends_its_spans_as_cancelled() {
    let (exporter, options) = exporting();
    let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    pipe.post(call(2, "hang", json!({}), ask_under(TRACEPARENT)))
        .await;
    until(|| server.open_spans() == 2).await;
    let params = json!({"requestId": 2, "reason": "enough"});
    let method = "notifications/cancelled";
    pipe.post(json!({"jsonrpc": "2.0", "method": method, "params": params}))
        .await;
    until(|| exported(&exporter).len() == 2).await;
    let cancelled = |name: &str| (name.to_owned(), "cancelled".to_owned());
    assert_eq!(
        exported(&exporter),
        [cancelled("waiting"), cancelled("tools/call hang")]
    );
    // The connection lives on.
    let arguments = json!({"left": 1, "right": 2});
    let answer = pipe.send(call(3, "add", arguments, ask(true))).await;
    assert_eq!(tree(&answer), "tools/call add SERVER\n  sum\n");
    assert_eq!(server.open_spans(), 0);
}

#[tokio::test]
async fn a_call_whose_client_hangs_up_ends_its_spans_as_cancelled() {
    let (exporter, options) = exporting();
    let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    pipe.post(call(2, "hang", json!({}), ask_under(TRACEPARENT)))
        .await;
    until(|| server.open_spans() == 2).await;
    // rmcp gives calls some seconds to end.
    tokio::time::pause();
    pipe.disconnect().await;
    until(|| server.open_spans() == 0).await;
    for (name, class) in exported(&exporter) {
        assert_eq!(class, "cancelled", "{name}");
    }
    assert_eq!(exported(&exporter).len(), 2);
}

#[tokio::test]
async fn a_call_whose_client_goes_away_ends_its_spans_as_cancelled() {
    let (exporter, options) = exporting();
    let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
    let running = Running::start(server.unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let meta = ask_under(TRACEPARENT);
    let going = tokio::spawn(async move { client.call("hang", json!({}), meta).await });
    until(|| running.server.open_spans() == 2).await;
    going.abort();
    until(|| running.server.open_spans() == 0).await;
    for (name, class) in exported(&exporter) {
        assert_eq!(class, "cancelled", "{name}");
    }
    assert_eq!(exported(&exporter).len(), 2);
}

/// Gives up in time.
#[mcp_tool]
async fn patient() -> String {
    #[phase("limited")]
    let ended = tokio::time::timeout(Duration::from_secs(60), stuck()).await;
    ended.map_or_else(|_| "gave up".to_owned(), |()| "never".to_owned())
}

#[phase("stuck")]
async fn stuck() {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_timeout_inside_ends_what_it_cuts_off() {
    let server = Server::builder("patient", "1").tool::<patient>().build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    tokio::time::pause();
    let answer = pipe.send(call(2, "patient", json!({}), ask(true))).await;
    let expected = "tools/call patient SERVER\n  limited\n    stuck ERROR cancelled\n";
    assert_eq!(tree(&answer), expected);
    assert_eq!(server.open_spans(), 0);
}
