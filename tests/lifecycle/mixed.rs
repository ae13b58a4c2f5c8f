//! Many calls of every kind at the same time.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::server::builder_with_gate;
use support::tree::{attributes, spans, traces, tree};
use support::wire::{Client, Running, ask_under};
use tokio::sync::Barrier;

use crate::{TRACEPARENT, error_type, exporting, until};

const MIXED: usize = 200;

/// What call `label` of the mixed ones asks: nothing, the top, or everything.
fn mixed(label: usize) -> Value {
    let mut meta = ask_under(TRACEPARENT);
    meta["otel"]["traces"]["request"] = json!(!label.is_multiple_of(3));
    meta["otel"]["traces"]["detailed"] = json!(label % 3 > 1);
    meta
}

fn check_failed(label: usize, answer: &Value) {
    assert_eq!(answer["result"]["isError"], true);
    if label.is_multiple_of(3) {
        assert_eq!(answer["result"].get("_meta"), None);
        return;
    }
    let expected = "tools/call fail SERVER ERROR tool_error\n  attempt ERROR closed\n";
    assert_eq!(tree(answer), expected);
}

fn check_met(label: usize, answer: &Value) {
    assert_eq!(answer["result"]["structuredContent"], label);
    let expected = match label % 3 {
        0 => {
            assert_eq!(answer["result"].get("_meta"), None);
            return;
        }
        1 => "tools/call meet SERVER\n  before\n  inside\n",
        _ => "tools/call meet SERVER\n  before\n  inside\n    step\n",
    };
    assert_eq!(tree(answer), expected);
    assert_eq!(traces(answer)["droppedSpanCount"], 0);
    for span in spans(answer).iter().filter(|span| span["kind"] == 1) {
        assert_eq!(attributes(span)["label"], label.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_mixed_calls_of_one_trace_get_exactly_their_own_spans() {
    let (hanging, rest): (Vec<_>, Vec<_>) = (0..MIXED).partition(|label| label % 5 == 0);
    let (failing, meeting): (Vec<usize>, Vec<usize>) =
        rest.iter().partition(|label| **label % 5 == 1);
    let (exporter, options) = exporting();
    // All that meet are inside at the same time.
    let gate = Arc::new(Barrier::new(meeting.len()));
    let server = builder_with_gate("http://127.0.0.1:9", gate).telemetry(options);
    let running = Running::start(server.build().unwrap()).await;

    let hung: Vec<_> = hanging
        .iter()
        .map(|label| {
            let (mut client, meta) = (Client::stateless(&running.url), mixed(*label));
            tokio::spawn(async move { client.call("hang", json!({}), meta).await })
        })
        .collect();
    let calls = rest.iter().map(async |label| {
        let mut client = Client::stateless(&running.url);
        let arguments = json!({"label": label});
        if label % 5 == 1 {
            check_failed(*label, &client.call("fail", json!({}), mixed(*label)).await);
        } else {
            check_met(*label, &client.call("meet", arguments, mixed(*label)).await);
        }
    });
    join_all(calls).await;

    let asked = hanging.iter().filter(|label| *label % 3 > 0).count();
    until(|| running.server.open_spans() == asked * 2).await;
    for call in hung {
        call.abort();
    }
    until(|| running.server.open_spans() == 0).await;

    // One recording: the export has every span of every call, once.
    let complete = meeting.len() * 4 + failing.len() * 2;
    let mut ids: Vec<_> = exporter.get_finished_spans().unwrap();
    ids.retain(|span| error_type(span) != "cancelled");
    assert_eq!(ids.len(), complete);
    let ids: HashSet<_> = ids.iter().map(|span| span.span_context.span_id()).collect();
    assert_eq!(ids.len(), complete, "no span is exported twice");
}
