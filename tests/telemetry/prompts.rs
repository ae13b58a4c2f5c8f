//! The author's own telemetry sees prompts, whether or not clients do.

use glassbox::{Instrumented, TelemetryOptions};
use opentelemetry::trace::{SpanKind, Status};
use serde_json::{Value, json};
use support::matrix::{Plain, Setup};
use support::pipe::Pipe;
use support::tree::tree;
use support::wire::{ask_under, initialize};

use crate::{Backend, attribute, names, traceparent};

/// An rmcp server with prompts, wrapped.
pub(crate) fn prompts(options: TelemetryOptions) -> Instrumented<Plain> {
    Instrumented::new(Plain::new(&Setup::default())).telemetry(options)
}

/// Asks for a prompt, as a sampled part of a trace; and for spans.
pub(crate) fn get_prompt(name: &str) -> Value {
    let meta = ask_under(&traceparent(true));
    json!({"jsonrpc": "2.0", "id": 2, "method": "prompts/get",
        "params": {"name": name, "_meta": meta}})
}

#[tokio::test]
async fn prompts_are_exported_and_answers_stay_as_they_are() {
    let backend = Backend::new();
    let mut pipe = Pipe::serve(prompts(backend.options()));
    pipe.send(initialize()).await;
    let answer = pipe.send(get_prompt("echo")).await;
    assert_eq!(answer["result"].get("_meta"), None, "nobody gets spans");
    let exported = backend.take();
    assert_eq!(names(&exported), ["echo", "prompts/get echo"]);
    let root = &exported[1];
    assert_eq!(root.span_kind, SpanKind::Server);
    assert_eq!(root.parent_span_id.to_string(), crate::PARENT);
    assert_eq!(attribute(root, "mcp.method.name"), "prompts/get");
    assert_eq!(attribute(root, "gen_ai.prompt.name"), "echo");
    assert_eq!(attribute(root, "gen_ai.operation.name"), "");

    let answer = pipe.send(get_prompt("protocol_error")).await;
    assert_eq!(answer["error"].get("data"), None);
    let exported = backend.take();
    let root = exported.last().unwrap();
    assert_eq!(root.status, Status::error("the backend is down"));
    assert_eq!(attribute(root, "error.type"), "-32603");
}

#[tokio::test]
async fn one_recording_of_a_prompt_serves_the_answer_and_the_export() {
    let backend = Backend::new();
    let handler = prompts(backend.options()).passback_for_prompts(true);
    let mut pipe = Pipe::serve(handler);
    pipe.send(initialize()).await;
    let answer = pipe.send(get_prompt("echo")).await;
    assert_eq!(tree(&answer), "prompts/get echo SERVER\n  echo\n");
    assert_eq!(names(&backend.take()), ["echo", "prompts/get echo"]);
}
