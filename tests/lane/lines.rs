//! The transport of stdio: every message a line, whatever happens beside it.

use std::sync::Arc;

use glassbox::Instrumented;
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::{spans, tree};
use support::wire::{ask, initialize};
use tokio::sync::Semaphore;

use crate::parrot::{Parrot, parrot, result};
use crate::{AS_TEXT, call, stateless};

/// A parrot that waits for permits.
fn waiting() -> (Instrumented<Parrot>, Arc<Semaphore>) {
    let handler = parrot();
    let permits = Arc::clone(&handler.handler().permits);
    (handler, permits)
}

fn waits(id: u32, label: &str) -> Value {
    let mut arguments = result(2, label, &Value::Null);
    arguments["waits"] = true.into();
    stateless(call(id, arguments, ask(true)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_that_are_ready_together_do_not_mix() {
    const CALLS: u32 = 200;
    let (handler, permits) = waiting();
    let mut pipe = Pipe::over_lines(handler.clone());
    // Some are longer than the pipe.
    let label = |id: u32| format!("{id}:{}", "x".repeat(id as usize % 7 * 20_000));
    for id in 0..CALLS {
        pipe.post(waits(id, &label(id))).await;
        // Answered by the reading side, in between.
        pipe.post(json!({"jsonrpc": "2.0", "id": id, "method": 1}))
            .await;
    }
    permits.add_permits(CALLS as usize);
    let (mut answered, mut refused) = (Vec::new(), 0);
    while answered.len() < CALLS as usize || refused < CALLS {
        let line = pipe.next_line().await;
        let answer: Value = serde_json::from_str(&line).unwrap();
        if answer.get("error").is_some() {
            assert_eq!(answer["error"]["code"], -32600);
            refused += 1;
            continue;
        }
        let id = u32::try_from(answer["id"].as_u64().unwrap()).unwrap();
        assert_eq!(support::tree::text(&answer), label(id));
        assert_eq!(tree(&answer), "tools/call say SERVER\n  step\n  step\n");
        assert!(line.contains(AS_TEXT));
        answered.push(id);
    }
    answered.sort_unstable();
    assert!(answered.into_iter().eq(0..CALLS));
    assert_eq!(handler.open_spans(), 0);
    assert_eq!(handler.passback_counts().omitted_answers, 0);
}

#[tokio::test]
async fn a_call_that_is_cancelled_leaves_the_next_ones_alone() {
    let (handler, permits) = waiting();
    let mut pipe = Pipe::over_lines(handler.clone());
    pipe.send(initialize()).await;
    for id in 2..300 {
        pipe.post(waits(id, "cancelled")).await;
        let params = json!({"requestId": id});
        let method = "notifications/cancelled";
        pipe.post(json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await;
    }
    permits.add_permits(299);
    pipe.post(waits(300, "next")).await;
    let line = pipe.next_line().await;
    let answer: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(answer["id"], 300);
    assert!(line.contains(AS_TEXT), "{line}");
}

#[tokio::test]
async fn a_call_that_panics_leaves_the_next_ones_alone() {
    let mut pipe = Pipe::over_lines(parrot());
    for id in 1..200 {
        let panics = json!({"panics": true});
        pipe.post(stateless(call(id, panics, ask(true)))).await;
    }
    pipe.post(stateless(call(
        200,
        result(1, "next", &Value::Null),
        ask(true),
    )))
    .await;
    let line = pipe.next_line().await;
    let answer: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&answer["id"], spans(&answer).len()), (&json!(200), 2));
    assert!(line.contains(AS_TEXT), "{line}");
}

#[tokio::test]
async fn two_calls_of_one_id_get_no_spans_of_each_other() {
    let (handler, permits) = waiting();
    let mut pipe = Pipe::over_lines(handler.clone());
    pipe.post(waits(1, "one")).await;
    pipe.post(waits(1, "two")).await;
    while handler.open_spans() < 2 {
        tokio::task::yield_now().await;
    }
    permits.add_permits(2);
    // rmcp answers one of them.
    let answer = pipe.next().await;
    let found = spans(&answer);
    let traces: std::collections::HashSet<_> = found.iter().map(|span| &span["traceId"]).collect();
    assert!(traces.len() <= 1, "{answer:#}");
    let dropped = support::tree::traces(&answer)["droppedSpanCount"].as_u64();
    assert_eq!(found.len() as u64 + dropped.unwrap(), 3);
}

#[tokio::test]
async fn both_advertisements_are_made() {
    let mut pipe = Pipe::over_lines(parrot());
    let answer = pipe.send(initialize()).await;
    let capabilities = &answer["result"]["capabilities"];
    assert!(capabilities["extensions"][glassbox::EXTENSION_ID].is_object());
    assert!(capabilities[glassbox::MARCH_CAPABILITY].is_object());
}
