//! How much leaves: a runaway tool, and answers near the transport's bound.

use glassbox::{PassbackLimits, Server, mcp_tool, phase};
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::ClientLifecycleMode;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{ClientServiceExt as _, Peer, RoleClient, ServiceExt as _};
use serde_json::{Value, json};
use support::clients::without_lift;
use support::wire::{Running, ask};

/// What rmcp's clients take as one answer, at most.
const MOST: usize = 16 << 20;

/// Answers with a text of so many bytes, after as many phases.
#[mcp_tool]
async fn answer(bytes: usize, phases: u32) -> String {
    for number in 0..phases {
        let word = "w".repeat(800);
        #[phase("step", number = number, word = word)]
        tokio::task::yield_now().await;
    }
    "x".repeat(bytes)
}

fn server() -> Server {
    let server = Server::builder("large", "1").tool::<answer>();
    server.build().unwrap()
}

async fn call(peer: &Peer<RoleClient>, bytes: usize) -> (usize, Option<Value>) {
    let mut params = CallToolRequestParams::new("answer");
    params.arguments = json!({"bytes": bytes, "phases": 400}).as_object().cloned();
    let meta = ask(true).as_object().cloned().unwrap();
    params.meta = Some(rmcp::model::RequestMetaObject::from(
        rmcp::model::MetaObject(meta),
    ));
    let result: CallToolResult = peer.call_tool(params).await.unwrap();
    let text = result.content[0].as_text().unwrap().text.len();
    let traces = result.meta.map(|meta| meta["otel"]["traces"].clone());
    (text, traces)
}

/// Spans that came, and spans that were held back.
fn counts(traces: &Value) -> (usize, u64) {
    let mut came = 0;
    for resource in traces["resourceSpans"].as_array().unwrap() {
        for scope in resource["scopeSpans"].as_array().unwrap() {
            came += scope["spans"].as_array().unwrap().len();
        }
    }
    let held_back = traces["droppedSpanCount"].as_u64().unwrap();
    assert_eq!(traces["truncated"], held_back > 0);
    (came, held_back)
}

/// A result is never lost to its telemetry, which has less and less room.
async fn results_come(peer: &Peer<RoleClient>, server: &Server) {
    let bound = PassbackLimits::DEFAULT_MAX_ANSWER_BYTES;
    let mut sizes = Vec::new();
    for bytes in [
        10,
        bound - 300_000,
        bound - 100_000,
        bound - 10_000,
        bound - 2_000,
    ] {
        let (text, traces) = call(peer, bytes).await;
        assert_eq!(text, bytes);
        let (came, held_back) = counts(&traces.unwrap());
        assert_eq!(came as u64 + held_back, 401);
        sizes.push(came);
    }
    assert_eq!(sizes[0], sizes[1], "as much as without the bound");
    assert!(
        sizes[0] > 150 && sizes.is_sorted_by(|more, fewer| more >= fewer),
        "{sizes:?}"
    );
    assert!((1..=2).contains(&sizes[4]), "{sizes:?}");
    assert_eq!(server.passback_counts().omitted_answers, 0);
    // No room: the result comes as if nobody had asked.
    let bytes = MOST - 1_000;
    let (text, traces) = call(peer, bytes).await;
    assert_eq!((text, traces), (bytes, None));
    assert_eq!(server.passback_counts().omitted_answers, 1);
}

#[tokio::test]
async fn a_large_result_over_http_is_not_lost_to_its_telemetry() {
    let running = Running::start(server()).await;
    let client = without_lift(&running.url).await;
    results_come(client.peer(), &running.server).await;
}

#[tokio::test]
async fn a_large_result_over_stdio_is_not_lost_to_its_telemetry() {
    let server = server();
    let (near, far) = tokio::io::duplex(1 << 16);
    let (read, write) = tokio::io::split(far);
    let transport = AsyncRwTransport::new_server(read, write);
    let handler = server.handler();
    tokio::spawn(async move { handler.serve(transport).await.unwrap().waiting().await });
    let (read, write) = tokio::io::split(near);
    let transport = AsyncRwTransport::new_client(read, write);
    let lifecycle = ClientLifecycleMode::Initialize;
    let client = ().serve_with_lifecycle(transport, lifecycle).await.unwrap();
    results_come(client.peer(), &server).await;
}
