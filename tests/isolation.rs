//! Requests are isolated, even with the same trace id and parent span.

use futures_util::future::join_all;
use serde_json::json;
use support::server::{builder, server};
use support::tree::{attributes, span, spans, traces, tree};
use support::wire::{Client, Running, ask, ask_under};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
const CALLS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_of_one_trace_get_exactly_their_own_spans() {
    let running = Running::start(builder("http://127.0.0.1:9", CALLS).build().unwrap()).await;
    // All calls are inside at the same time: the gate opens for the last one.
    let calls = (0..CALLS).map(async |label| {
        let mut client = Client::stateless(&running.url);
        let mut meta = ask_under(TRACEPARENT);
        meta["otel"]["traces"]["detailed"] = json!(label % 3 != 0);
        if label % 7 == 0 {
            meta.as_object_mut().unwrap().remove("otel");
        }
        (
            label,
            client.call("meet", json!({"label": label}), meta).await,
        )
    });
    let mut span_ids = Vec::new();
    for (label, answer) in join_all(calls).await {
        assert_eq!(answer["result"]["structuredContent"], label);
        if label % 7 == 0 {
            assert_eq!(answer["result"].get("_meta"), None);
            continue;
        }
        let expected = if label % 3 == 0 { 3 } else { 4 };
        assert_eq!(spans(&answer).len(), expected, "{answer:#}");
        assert_eq!(traces(&answer)["droppedSpanCount"], 0);
        let root = span(&answer, "tools/call meet");
        for phase in ["before", "inside"] {
            let phase = span(&answer, phase);
            assert_eq!(attributes(phase)["label"], label.to_string());
            assert_eq!(phase["parentSpanId"], root["spanId"]);
        }
        span_ids.extend(
            spans(&answer)
                .iter()
                .map(|span| span["spanId"].as_str().unwrap().to_owned()),
        );
    }
    let all = span_ids.len();
    span_ids.sort();
    span_ids.dedup();
    assert_eq!(span_ids.len(), all, "no span is in two answers");
    assert_eq!(running.server.open_spans(), 0, "the routing table is empty");
}

#[tokio::test]
async fn two_servers_in_one_process_do_not_see_each_others_spans() {
    let one = Running::start(server()).await;
    let two = glassbox::Server::builder("other-server", "9")
        .tool::<support::server::add>()
        .build()
        .unwrap();
    let two = Running::start(two).await;
    let calls = (0..20).map(async |round| {
        let (running, name) = if round % 2 == 0 {
            (&one, "test-server")
        } else {
            (&two, "other-server")
        };
        let mut client = Client::stateless(&running.url);
        let answer = client
            .call(
                "add",
                json!({"left": round, "right": 1}),
                ask_under(TRACEPARENT),
            )
            .await;
        assert_eq!(spans(&answer).len(), 2);
        let resource = &traces(&answer)["resourceSpans"][0]["resource"];
        assert_eq!(attributes(resource)["service.name"], name);
    });
    join_all(calls).await;
}

#[tokio::test]
async fn a_call_whose_client_goes_away_leaves_nothing_behind() {
    let running = Running::start(server()).await;
    let mut client = Client::stateless(&running.url);
    let call = tokio::spawn(async move { client.call("hang", json!({}), ask(true)).await });
    while running.server.open_spans() < 2 {
        tokio::task::yield_now().await;
    }
    call.abort();
    while running.server.open_spans() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn spans_that_outlive_the_call_are_counted_and_not_waited_for() {
    let running = Running::start(server()).await;
    let mut client = Client::stateless(&running.url);
    for _ in 0..3 {
        let answer = client.call("outlive", json!({}), ask(true)).await;
        assert_eq!(tree(&answer), "tools/call outlive SERVER\n  start\n");
        assert_eq!(traces(&answer)["droppedSpanCount"], 1);
        assert_eq!(traces(&answer)["truncated"], true);
        assert_eq!(running.server.open_spans(), 0);
    }
}
