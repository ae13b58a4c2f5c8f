//! Nothing that a tool says is taken for a placeholder.

use std::sync::{Arc, Mutex};

use glassbox::Instrumented;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ServerConfig};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::{spans, traces};
use support::wire::ask;

use crate::parrot::{Parrot, error, parrot, result};
use crate::{AS_TEXT, call, stateless};

/// Sees answers between Glassbox and the transport, where nobody but the
/// author of the server can be, and so sees placeholders.
#[derive(Clone)]
struct Eavesdropper {
    inner: Instrumented<Parrot>,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl ServerHandler for Eavesdropper {
    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(&self.inner)
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let result = self.inner.call_tool(params, request).await;
        if let Ok(CallToolResponse::Complete(result)) = &result {
            let meta = json!(result.meta);
            let traces = meta.pointer("/otel/traces");
            self.seen.lock().unwrap().extend(traces.cloned());
        }
        result
    }
}

fn eavesdropped() -> (Eavesdropper, Pipe) {
    let handler = Eavesdropper {
        inner: parrot(),
        seen: Arc::default(),
    };
    (handler.clone(), Pipe::over_lines(handler))
}

/// Places where a tool can put something, as arguments and as pointers into the
/// answer.
fn everywhere(what: &Value) -> Vec<(Value, &'static str)> {
    let text = json!({"otel": {"traces": what}}).to_string();
    let mut structured = result(2, "", &Value::Null);
    structured["result"]["structuredContent"] = json!({"_meta": {"otel": {"traces": what}}});
    vec![
        (result(2, &text, &Value::Null), "/result/content/0/text"),
        (structured, "/result/structuredContent"),
        (
            result(2, "", &json!({"a": {"traces": what}})),
            "/result/_meta/a",
        ),
        (
            result(2, "", &json!({"z": {"traces": what}})),
            "/result/_meta/z",
        ),
        (
            error(2, &json!({"a": {"traces": what}, "text": text})),
            "/error/data/a",
        ),
        (
            error(2, &json!({"z": {"traces": what}, "text": text})),
            "/error/data/text",
        ),
        (
            error(2, &json!({"_meta": {"a": {"traces": what}}})),
            "/error/data/_meta/a",
        ),
    ]
}

/// What the tool said, as it came; and that its own spans came too.
fn said(line: &str, pointer: &str) -> Value {
    let answer: Value = serde_json::from_str(line).unwrap();
    assert_eq!(spans(&answer).len(), 3, "{line}");
    assert_eq!(traces(&answer)["droppedSpanCount"], 0);
    assert_eq!(line.matches(AS_TEXT).count(), 1, "{line}");
    answer.pointer(pointer).unwrap().clone()
}

async fn changes_nothing(pipe: &mut Pipe, what: &Value) {
    for (arguments, pointer) in everywhere(what) {
        let expected = {
            let mut plain = Pipe::serve(parrot());
            let answer = plain
                .send(stateless(call(1, arguments.clone(), json!({}))))
                .await;
            answer.pointer(pointer).unwrap().clone()
        };
        pipe.post(stateless(call(1, arguments, ask(true)))).await;
        let line = pipe.next_line().await;
        assert_eq!(said(&line, pointer), expected);
    }
}

#[tokio::test]
async fn a_guess_changes_nothing() {
    let mut pipe = Pipe::over_lines(parrot());
    for ticket in [
        "",
        "0",
        &"0".repeat(32),
        &"f".repeat(32),
        "*",
        "[0-9a-f]{32}",
    ] {
        for asked in [0, 3] {
            let guess = json!({"droppedSpanCount": asked, "placeholder": ticket,
                "resourceSpans": [], "truncated": asked > 0});
            changes_nothing(&mut pipe, &guess).await;
        }
    }
}

#[tokio::test]
async fn one_of_a_former_answer_changes_nothing() {
    let (handler, mut pipe) = eavesdropped();
    pipe.send(stateless(call(1, result(2, "", &Value::Null), ask(true))))
        .await;
    let former = handler.seen.lock().unwrap()[0].clone();
    assert_eq!(former["placeholder"].as_str().unwrap().len(), 32);
    changes_nothing(&mut pipe, &former).await;
}

#[tokio::test]
async fn one_of_another_request_changes_nothing() {
    // The first pipe is never read, so its answer waits for ever.
    let (handler, mut waiting) = eavesdropped();
    let long = "x".repeat(1 << 17);
    waiting
        .post(stateless(call(
            1,
            result(2, &long, &Value::Null),
            ask(true),
        )))
        .await;
    while handler.seen.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let live = handler.seen.lock().unwrap()[0].clone();
    let mut pipe = Pipe::over_lines(handler.clone());
    changes_nothing(&mut pipe, &live).await;
    // What waited comes whole.
    let line = waiting.next_line().await;
    assert_eq!(said(&line, "/result/content/0/text"), long);
}

#[tokio::test]
async fn in_a_resource_one_changes_nothing() {
    let (handler, mut pipe) = eavesdropped();
    pipe.send(stateless(call(1, result(2, "", &Value::Null), ask(true))))
        .await;
    let former = json!({"traces": handler.seen.lock().unwrap()[0]}).to_string();
    let mut pipe = Pipe::over_lines(handler.inner);
    let read = json!({"jsonrpc": "2.0", "id": 2, "method": "resources/read",
        "params": {"uri": former, "_meta": ask(true)}});
    pipe.post(stateless(read)).await;
    let line = pipe.next_line().await;
    let answer: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(answer["result"]["contents"][0]["text"], former);
    assert_eq!(spans(&answer).len(), 2);
}

/// Calls another instrumented handler with the request it got, and answers with
/// what it said.
struct Nesting(Instrumented<Parrot>);

impl ServerHandler for Nesting {
    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(&self.0)
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let answer = self.0.call_tool(params, request).await?;
        let CallToolResponse::Complete(mut result) = answer else {
            panic!("complete");
        };
        result.structured_content = Some(json!(result.meta.take()));
        Ok(CallToolResponse::Complete(result))
    }
}

#[tokio::test]
async fn a_tool_never_gets_hold_of_a_lane() {
    let mut pipe = Pipe::over_lines(Instrumented::new(Nesting(parrot())));
    let message = stateless(call(1, result(2, "", &Value::Null), ask(true)));
    let answer = pipe.send(message).await;
    let inner = &answer["result"]["structuredContent"]["otel"]["traces"];
    assert_eq!(inner.get("placeholder"), None, "{inner:#}");
    assert_eq!(inner["droppedSpanCount"], 0);
    assert_eq!(traces(&answer)["droppedSpanCount"], 0);
}
