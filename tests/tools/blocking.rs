//! Tools that hold up their thread hold up nothing else.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use glassbox::{Server, ToolError, mcp_tool, mcp_tools, phase};
use serde_json::json;
use support::pipe::Pipe;
use support::tree::{spans, text, traces, tree};
use support::wire::{ask, initialize};

use crate::{call, until};

/// So long that only a mistake waits for it.
const LONG: Duration = Duration::from_secs(60);

/// Waits for the test on a thread.
struct Desk {
    begun: Sender<()>,
    go: Mutex<Receiver<()>>,
}

#[mcp_tools]
impl Desk {
    /// Blocks until the test lets it go on.
    #[mcp_tool(blocking)]
    fn wait(&self, label: String) -> Result<String, ToolError> {
        #[phase("desk.wait")]
        let woken = self.wait_for_the_test();
        after();
        match woken {
            Ok(()) => Ok(format!("woken {label}")),
            Err(_) => Err(ToolError::new("nobody woke it")),
        }
    }

    fn wait_for_the_test(&self) -> Result<(), RecvTimeoutError> {
        self.begun.send(()).unwrap();
        self.go.lock().unwrap().recv_timeout(LONG)
    }
}

#[phase("desk.after")]
fn after() {}

/// Does not block.
#[mcp_tool]
fn quick() -> &'static str {
    "quick"
}

/// Panics on its thread.
#[mcp_tool(blocking)]
fn explode() -> String {
    #[phase("fuse")]
    {
        let empty: Vec<u8> = Vec::new();
        assert!(!empty.is_empty(), "secret: hunter2");
    }
    String::new()
}

/// What the test holds of a desk: it tells of calls that have begun, and lets them go on.
fn desk() -> (Server, Receiver<()>, Sender<()>) {
    let (begun, has_begun) = channel();
    let (go, wait) = channel();
    let desk = Desk {
        begun,
        go: Mutex::new(wait),
    };
    let server = Server::builder("desk", "1").tools(desk);
    let server = server.tool::<quick>().tool::<explode>().build().unwrap();
    (server, has_begun, go)
}

#[tokio::test]
async fn other_calls_go_on_meanwhile_and_phases_are_in_the_answer() {
    let (server, has_begun, go) = desk();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    pipe.post(call(2, "wait", json!({"label": "ada"}), ask(true)))
        .await;
    until(|| has_begun.try_recv().is_ok()).await;
    // The one async thread of this test is free.
    let answer = pipe.send(call(3, "quick", json!({}), json!({}))).await;
    assert_eq!(text(&answer), "quick");
    go.send(()).unwrap();
    let answer = pipe.next().await;
    assert_eq!(text(&answer), "woken ada");
    let expected = "tools/call wait SERVER\n  desk.wait\n  desk.after\n";
    assert_eq!(tree(&answer), expected);
    assert_eq!(server.open_spans(), 0);
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_answered_as_ever() {
    let (server, _has_begun, _go) = desk();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let answer = pipe
        .send(call(2, "wait", json!({"labl": 1}), json!({})))
        .await;
    assert_eq!(answer["result"]["isError"], true);
    assert!(
        text(&answer).contains("argument `labl` is unknown"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let (server, _has_begun, _go) = desk();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let answer = pipe.send(call(2, "explode", json!({}), ask(true))).await;
    assert_eq!(answer["result"]["isError"], true);
    assert!(!answer.to_string().contains("hunter2"), "{answer}");
    let expected = "tools/call explode SERVER ERROR panic\n  fuse ERROR panic\n";
    assert_eq!(tree(&answer), expected);
    assert_eq!(server.open_spans(), 0);
}

#[tokio::test]
async fn a_cancelled_call_does_not_wait_for_its_thread() {
    let (server, has_begun, go) = desk();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    pipe.post(call(2, "wait", json!({"label": "ada"}), ask(true)))
        .await;
    until(|| has_begun.try_recv().is_ok()).await;
    assert_eq!(server.open_spans(), 2);
    let params = json!({"requestId": 2});
    let method = "notifications/cancelled";
    pipe.post(json!({"jsonrpc": "2.0", "method": method, "params": params}))
        .await;
    // Nobody has let the thread go on, and yet the call is over.
    until(|| server.open_spans() == 0).await;
    go.send(()).unwrap();
    // What the thread does afterwards is no part of other answers.
    pipe.post(call(3, "wait", json!({"label": "bob"}), ask(true)))
        .await;
    until(|| has_begun.try_recv().is_ok()).await;
    go.send(()).unwrap();
    let answer = pipe.next().await;
    assert_eq!(text(&answer), "woken bob");
    assert_eq!(spans(&answer).len(), 3, "{:#}", traces(&answer));
}
