//! How much leaves: a runaway tool, and answers near the transport's bound.

use glassbox::{PassbackLimits, Server, mcp_tool, phase, testing};
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{ClientLifecycleMode, ServiceError};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{ClientServiceExt as _, ErrorData, Peer, RoleClient, ServiceExt as _};
use serde_json::{Value, json};
use support::clients::without_lift;
use support::tree::{attributes, span};
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

/// Fails with data of so many bytes, after as many phases.
#[mcp_tool]
async fn refuse(bytes: usize, phases: u32) -> Result<String, ErrorData> {
    let text = answer(bytes, phases).await;
    Err(ErrorData::internal_error(
        "down",
        Some(json!({"text": text})),
    ))
}

/// Makes spans without end.
#[mcp_tool]
async fn run_away(phases: u32) -> u32 {
    for number in 0..phases {
        #[phase("step", number = number)]
        std::future::ready(()).await;
    }
    phases
}

/// Declares three attributes.
#[mcp_tool]
async fn declare() {
    #[phase("declared", one = 1, two = 2, three = 3)]
    std::future::ready(()).await;
}

fn server() -> Server {
    let server = Server::builder("large", "1");
    let server = server.tool::<answer>().tool::<refuse>().tool::<run_away>();
    server.build().unwrap()
}

/// Bytes of the result's text, or the error's, and the telemetry beside it.
async fn call(peer: &Peer<RoleClient>, tool: &'static str, bytes: usize) -> (usize, Option<Value>) {
    let mut params = CallToolRequestParams::new(tool);
    params.arguments = json!({"bytes": bytes, "phases": 400}).as_object().cloned();
    let meta = ask(true).as_object().cloned().unwrap();
    params.meta = Some(rmcp::model::RequestMetaObject::from(
        rmcp::model::MetaObject(meta),
    ));
    let result: Result<CallToolResult, _> = peer.call_tool(params).await;
    let (text, meta) = match result {
        Ok(result) => {
            let text = result.content[0].as_text().unwrap().text.len();
            (text, result.meta.map(|meta| json!(meta)))
        }
        Err(ServiceError::McpError(error)) => {
            let data = error.data.unwrap();
            (
                data["text"].as_str().unwrap().len(),
                data.get("_meta").cloned(),
            )
        }
        Err(error) => panic!("{tool} of {bytes} bytes was lost: {error}"),
    };
    (text, meta.map(|meta| meta["otel"]["traces"].clone()))
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
    for (tool, less) in [
        ("answer", &[300_000, 100_000, 10_000, 2_000][..]),
        ("refuse", &[300_000, 2_000]),
    ] {
        let omitted = server.passback_counts().omitted_answers;
        answers_come(peer, server, tool, less).await;
        assert_eq!(server.passback_counts().omitted_answers, omitted + 1);
    }
}

/// Calls the tool with less and less room.
async fn answers_come(
    peer: &Peer<RoleClient>,
    server: &Server,
    tool: &'static str,
    less: &[usize],
) {
    let omitted = server.passback_counts().omitted_answers;
    let bound = PassbackLimits::DEFAULT_MAX_ANSWER_BYTES;
    let mut sizes = Vec::new();
    for bytes in std::iter::once(10).chain(less.iter().map(|less| bound - less)) {
        let (text, traces) = call(peer, tool, bytes).await;
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
    assert!((1..=2).contains(sizes.last().unwrap()), "{sizes:?}");
    assert_eq!(server.passback_counts().omitted_answers, omitted);
    // No room: the result comes as if nobody had asked.
    let bytes = MOST - 1_000;
    let (text, traces) = call(peer, tool, bytes).await;
    assert_eq!((text, traces), (bytes, None));
}

#[tokio::test]
async fn a_million_phases_leave_as_many_as_may_and_the_answer_says_so() {
    let server = server();
    for (phases, came) in [(255, 256), (256, 256), (1_000_000, 256)] {
        let call = testing::call(&server, "run_away", json!({"phases": phases})).await;
        assert_eq!(
            call.result().unwrap().structured_content,
            Some(json!(phases))
        );
        let traces = call.traces().unwrap();
        let held_back = phases + 1 - 256;
        assert_eq!(counts(traces), (came, held_back));
        assert_eq!(traces["truncated"], held_back > 0);
        assert_eq!(server.open_spans(), 0);
    }
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

#[tokio::test]
async fn declared_attributes_leave_up_to_the_bound_and_the_rest_is_counted() {
    // The tool's name is on the phase as well.
    for (bound, kept) in [(1, 1), (3, 3), (4, 4), (5, 4)] {
        let mut limits = PassbackLimits::default();
        limits.max_attributes_per_span = bound;
        let server = Server::builder("bounded", "1").passback_limits(limits);
        let server = server.tool::<declare>().build().unwrap();
        let call = testing::call(&server, "declare", json!({})).await;
        let declared = span(call.json(), "declared");
        assert_eq!(attributes(declared).len(), kept, "{declared:#}");
        let held_back = declared["droppedAttributesCount"].as_u64().unwrap_or(0);
        assert_eq!(held_back, 4 - kept as u64, "{declared:#}");
        let root = span(call.json(), "tools/call declare");
        assert!(
            attributes(root).len() <= bound.try_into().unwrap(),
            "{root:#}"
        );
    }
}
