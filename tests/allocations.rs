//! Nobody looks: phases allocate nothing. Somebody does: it is given back.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use glassbox::{Server, mcp_tool, phase};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::wire::{ask, initialize};

#[phase("sum", sum.text = format!("{left} + {right}"))]
fn sum(left: u32, right: u32) -> u32 {
    left + right
}

#[phase("outer")]
async fn outer(left: u32) -> Result<u32, std::fmt::Error> {
    #[phase("inner", inner.left = left)]
    let inner = inner(left).await?;
    Ok(inner)
}

async fn inner(left: u32) -> Result<u32, std::fmt::Error> {
    Ok(sum(left, 1))
}

/// Every place and option, evaluated only if somebody asks.
#[phase(name = dynamic(format!("every {left}")), kind = client, link = vec![SpanContext::empty_context()], ok(sum.text = |sum| format!("{sum}")))]
async fn every(left: u32) -> u32 {
    let mut sum = 0;
    #[phase("round", rounds = 2, round.text = format!("{left}"))]
    for round in 0..4 {
        if round == 3 {
            break;
        }
        sum += round;
    }
    let add = #[phase("closure")]
    |more: u32| sum + more;
    let block = #[phase("block")]
    async {
        add(left)
    };
    match followed(block.await).await {
        #[phase("arm", arm.text = format!("{left}"))]
        sum => sum,
    }
}

#[phase]
fn followed(sum: u32) -> impl Future<Output = u32> {
    std::future::ready(sum)
}

fn run(calls: u32) {
    for left in 0..calls {
        let polled = pin!(outer(left)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(sum)) if sum == left + 1));
        let polled = pin!(every(left)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(sum) if sum == left + 3));
    }
}

#[test]
fn a_phase_that_nobody_asked_for_allocates_nothing() {
    // Each thread has a stack of contexts, made when it is first looked at.
    run(1);
    let allocated = allocation_counter::measure(|| run(1_000));
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}

#[test]
fn nor_does_it_under_a_trace_context_that_is_handed_on() {
    let caller = SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    let _guard = opentelemetry::Context::new()
        .with_remote_span_context(caller)
        .attach();
    run(1);
    let allocated = allocation_counter::measure(|| run(1_000));
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}

/// Waits with what it was given until nobody wants it any more.
#[mcp_tool]
async fn wait(text: String) -> usize {
    std::future::pending::<()>().await;
    text.len()
}

/// Bytes that a call of `wait` holds beside its text, of which it is given so
/// many; as many more are in `_meta`.
fn held_beside(text_bytes: usize, meta: &Value) -> i64 {
    const CALLS: i64 = 20;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = Server::builder("waiter", "1").tool::<wait>();
    let handler = server.build().unwrap().handler();
    let mut pipe = runtime.block_on(async { Pipe::over_lines(handler) });
    runtime.block_on(pipe.send(initialize()));
    let text = "x".repeat(text_bytes);
    let mut post = |id: i64| {
        let mut meta = meta.clone();
        meta["junk"] = text.as_str().into();
        let params = json!({"name": "wait", "arguments": {"text": text}, "_meta": meta});
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        runtime.block_on(async {
            pipe.post(call).await;
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        });
    };
    // Buffers and tables grow with the first ones.
    (1..=CALLS).for_each(&mut post);
    let measured = allocation_counter::measure(|| (CALLS + 1..=2 * CALLS).for_each(&mut post));
    measured.bytes_current / CALLS - i64::try_from(text_bytes).unwrap()
}

#[test]
fn a_call_in_flight_holds_what_it_was_given_once() {
    for (meta, most) in [(json!({}), 6_000), (ask(true), 9_000)] {
        let held = [1, 20_000].map(|text_bytes| held_beside(text_bytes, &meta));
        assert!(held.iter().all(|held| *held < most), "{held:?} {meta}");
    }
}

/// Starts work that outlives the call, and ends.
#[mcp_tool]
async fn scatter() -> u32 {
    for _ in 0..10 {
        drop(glassbox::spawn(late()));
    }
    10
}

#[phase("late")]
async fn late() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn message(tool: &str, meta: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": tool, "arguments": {}, "_meta": meta}})
}

/// Calls that end in every way, on a pipe.
async fn mixed(pipe: &mut Pipe, server: &Server, rounds: usize) {
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 2}});
    for _ in 0..rounds {
        for meta in [json!({}), ask(false), ask(true)] {
            for tool in ["fail", "protocol_error", "chatter", "hijack", "scatter"] {
                pipe.send(message(tool, &meta)).await;
            }
        }
        pipe.post(message("hang", &ask(true))).await;
        while server.open_spans() < 2 {
            tokio::task::yield_now().await;
        }
        pipe.post(cancel.clone()).await;
        while server.open_spans() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[test]
fn what_calls_take_is_given_back_however_they_end() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = support::server::builder("http://127.0.0.1:9", 1).tool::<scatter>();
    let server = server.build().unwrap();
    let handler = server.handler();
    let mut pipe = runtime.block_on(async { Pipe::serve_handler(handler) });
    runtime.block_on(async {
        pipe.send(initialize()).await;
        mixed(&mut pipe, &server, 20).await;
    });
    let mut kept = || {
        let measured = || runtime.block_on(mixed(&mut pipe, &server, 50));
        allocation_counter::measure(measured).bytes_current
    };
    let (first, second) = (kept(), kept());
    assert!(first < 4_096 && second < 4_096, "{first} {second}");
}
