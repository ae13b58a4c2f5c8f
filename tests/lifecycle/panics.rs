//! Calls whose code panics.

use glassbox::{Instrumented, Server, ToolError, mcp_tool, phase};
use serde_json::json;
use support::pipe::Pipe;
use support::server::builder;
use support::tree::{text, tree};
use support::wire::{ask, ask_under, initialize};

use crate::delegated::Delegating;
use crate::{TRACEPARENT, call, exported, exporting, until};

#[tokio::test]
async fn a_panic_ends_the_spans_of_a_call_as_such() {
    let (exporter, options) = exporting();
    let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let answer = pipe
        .send(call(2, "explode", json!({}), ask_under(TRACEPARENT)))
        .await;
    assert_eq!(answer["result"]["isError"], true);
    let panicked = |name: &str| (name.to_owned(), "panic".to_owned());
    assert_eq!(
        exported(&exporter),
        [panicked("fuse"), panicked("tools/call explode")]
    );
    assert_eq!(server.open_spans(), 0);
}

#[tokio::test]
async fn a_panic_in_a_wrapped_handler_leaves_nothing_behind() {
    let (exporter, options) = exporting();
    let handler = Instrumented::new(Delegating).telemetry(options);
    let mut pipe = Pipe::serve(handler.clone());
    pipe.send(initialize()).await;
    pipe.post(call(2, "panic", json!({}), ask_under(TRACEPARENT)))
        .await;
    until(|| exported(&exporter).len() == 2).await;
    let (name, class) = exported(&exporter).pop().unwrap();
    assert_eq!(
        (name.as_str(), class.as_str()),
        ("tools/call panic", "panic")
    );
    until(|| handler.open_spans() == 0).await;
}

/// Panics before it waits for anything.
#[mcp_tool]
fn burst() -> String {
    #[phase("sync")]
    burn(0);
    String::new()
}

fn burn(left: usize) {
    let empty: Vec<u8> = Vec::new();
    assert!(empty.len() > left, "secret: hunter2");
}

#[phase("work")]
async fn burn_later() {
    tokio::task::yield_now().await;
    burn(0);
}

#[phase("block")]
fn burn_blocking() {
    burn(0);
}

/// Has tasks that panic, and gets over it.
#[mcp_tool]
async fn survive() -> Result<String, ToolError> {
    #[phase("spawned")]
    let spawned = glassbox::spawn(burn_later()).await;
    #[phase("blocked")]
    let blocked = glassbox::spawn_blocking(burn_blocking).await;
    let panicked = |ended: Result<(), tokio::task::JoinError>| match ended {
        Err(error) => error.is_panic(),
        Ok(()) => false,
    };
    Ok(format!("{} {}", panicked(spawned), panicked(blocked)))
}

#[tokio::test]
async fn a_panic_is_told_wherever_it_happens() {
    let server = Server::builder("panics", "1")
        .tool::<burst>()
        .tool::<survive>();
    let server = server.build().unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;

    let answer = pipe.send(call(2, "burst", json!({}), ask(true))).await;
    assert_eq!(answer["result"]["isError"], true);
    let expected = "tools/call burst SERVER ERROR panic\n  sync ERROR panic\n";
    assert_eq!(tree(&answer), expected);

    // A task's panic is not the call's.
    let answer = pipe.send(call(3, "survive", json!({}), ask(true))).await;
    assert_eq!(text(&answer), "true true");
    let expected = "\
tools/call survive SERVER
  spawned
    work ERROR panic
  blocked
    block ERROR panic
";
    assert_eq!(tree(&answer), expected);
    assert!(!answer.to_string().contains("hunter2"));
    assert_eq!(server.open_spans(), 0);
}
