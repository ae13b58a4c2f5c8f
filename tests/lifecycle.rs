//! However a call ends, its spans say so, and nothing is left behind.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use glassbox::{
    InRequestExt as _, Instrumented, Server, TelemetryOptions, ToolContext, mcp_tool, phase,
};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor, SpanData};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CreateTaskResult, InputRequiredResult,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, Task,
    TaskStatus,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::server::{builder, builder_with_gate};
use support::tree::{attributes, spans, traces, tree};
use support::wire::{Client, Running, ask, ask_under, initialize};
use tokio::sync::{Barrier, Semaphore, watch};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

/// An exporter, and options with it.
fn exporting() -> (InMemorySpanExporter, TelemetryOptions) {
    let exporter = InMemorySpanExporter::default();
    let processor = SimpleSpanProcessor::new(exporter.clone());
    let options = TelemetryOptions::new().with_span_processor(processor);
    (exporter, options)
}

/// The class of a span's failure, or nothing.
fn error_type(span: &SpanData) -> String {
    span.attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == "error.type")
        .map_or_else(String::new, |attribute| attribute.value.to_string())
}

fn exported(exporter: &InMemorySpanExporter) -> Vec<(String, String)> {
    let spans = exporter.get_finished_spans().unwrap();
    spans
        .iter()
        .map(|span| (span.name.to_string(), error_type(span)))
        .collect()
}

fn call(id: u32, tool: &str, arguments: Value, meta: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": meta}})
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_cancelled_call_ends_its_spans_as_cancelled() {
    let (exporter, options) = exporting();
    let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    pipe.post(call(2, "hang", json!({}), ask_under(TRACEPARENT)))
        .await;
    until(|| server.open_spans() == 2).await;
    let params = json!({"requestId": 2, "reason": "enough"});
    let method = "notifications/cancelled";
    pipe.post(json!({"jsonrpc": "2.0", "method": method, "params": params}))
        .await;
    until(|| exported(&exporter).len() == 2).await;
    let cancelled = |name: &str| (name.to_owned(), "cancelled".to_owned());
    assert_eq!(
        exported(&exporter),
        [cancelled("waiting"), cancelled("tools/call hang")]
    );
    // The connection lives on.
    let arguments = json!({"left": 1, "right": 2});
    let answer = pipe.send(call(3, "add", arguments, ask(true))).await;
    assert_eq!(tree(&answer), "tools/call add SERVER\n  sum\n");
    assert_eq!(server.open_spans(), 0);
}

#[tokio::test]
async fn a_call_whose_client_hangs_up_ends_its_spans_as_cancelled() {
    let (exporter, options) = exporting();
    let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    pipe.post(call(2, "hang", json!({}), ask_under(TRACEPARENT)))
        .await;
    until(|| server.open_spans() == 2).await;
    // rmcp gives calls some seconds to end.
    tokio::time::pause();
    pipe.disconnect().await;
    until(|| server.open_spans() == 0).await;
    for (name, class) in exported(&exporter) {
        assert_eq!(class, "cancelled", "{name}");
    }
    assert_eq!(exported(&exporter).len(), 2);
}

#[tokio::test]
async fn a_call_whose_client_goes_away_ends_its_spans_as_cancelled() {
    let (exporter, options) = exporting();
    let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
    let running = Running::start(server.unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let meta = ask_under(TRACEPARENT);
    let going = tokio::spawn(async move { client.call("hang", json!({}), meta).await });
    until(|| running.server.open_spans() == 2).await;
    going.abort();
    until(|| running.server.open_spans() == 0).await;
    for (name, class) in exported(&exporter) {
        assert_eq!(class, "cancelled", "{name}");
    }
    assert_eq!(exported(&exporter).len(), 2);
}

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

/// Tells of its progress while it works.
#[mcp_tool]
async fn progressing(context: &ToolContext) -> u32 {
    for done in 0..3_u32 {
        #[phase("part", part = done)]
        drop(context.report_progress(f64::from(done), Some(3.0)).await);
    }
    3
}

/// Gives up in time.
#[mcp_tool]
async fn patient() -> String {
    #[phase("limited")]
    let ended = tokio::time::timeout(Duration::from_secs(60), stuck()).await;
    ended.map_or_else(|_| "gave up".to_owned(), |()| "never".to_owned())
}

#[phase("stuck")]
async fn stuck() {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_timeout_inside_ends_what_it_cuts_off() {
    let server = Server::builder("patient", "1").tool::<patient>().build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    tokio::time::pause();
    let answer = pipe.send(call(2, "patient", json!({}), ask(true))).await;
    let expected = "tools/call patient SERVER\n  limited\n    stuck ERROR cancelled\n";
    assert_eq!(tree(&answer), expected);
    assert_eq!(server.open_spans(), 0);
}

#[tokio::test]
async fn progress_comes_before_an_answer_that_has_its_spans() {
    let server = Server::builder("busy", "1").tool::<progressing>().build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let mut meta = ask(true);
    meta["progressToken"] = "p".into();
    pipe.post(call(2, "progressing", json!({}), meta)).await;
    for done in 0..3 {
        let message = pipe.next().await;
        assert_eq!(message["method"], "notifications/progress");
        assert_eq!(message["params"]["progress"], f64::from(done));
    }
    let expected = "tools/call progressing SERVER\n  part\n  part\n  part\n";
    assert_eq!(tree(&pipe.next().await), expected);
    assert_eq!(server.open_spans(), 0);
}

/// Answers before the work is done, or asks back.
struct Delegating;

impl ServerHandler for Delegating {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources();
        ServerConfig::new(capabilities.build())
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        stage().await;
        match params.name.as_ref() {
            "task" => Ok(CallToolResponse::Task(CreateTaskResult::new(Task::new(
                "1".to_owned(),
                TaskStatus::Working,
                "2026-01-01T00:00:00Z".to_owned(),
                "2026-01-01T00:00:00Z".to_owned(),
            )))),
            "input" => Ok(CallToolResponse::InputRequired(
                InputRequiredResult::from_request_state("later"),
            )),
            _ => panic!("secret: hunter2"),
        }
    }

    async fn read_resource(
        &self,
        _: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        stage().await;
        Ok(ReadResourceResponse::InputRequired(
            InputRequiredResult::from_request_state("later"),
        ))
    }
}

#[phase("stage")]
async fn stage() {
    tokio::task::yield_now().await;
}

fn stateless(mut request: Value) -> Value {
    let meta = request["params"]["_meta"].as_object_mut().unwrap();
    meta.insert(
        "io.modelcontextprotocol/protocolVersion".to_owned(),
        support::wire::STATELESS.into(),
    );
    meta.insert(
        "io.modelcontextprotocol/clientCapabilities".to_owned(),
        json!({"extensions": {"io.modelcontextprotocol/tasks": {}}}),
    );
    request
}

#[tokio::test]
async fn a_call_that_returns_a_task_or_asks_for_input_returns_the_spans_so_far() {
    let handler = Instrumented::new(Delegating);
    let mut pipe = Pipe::serve(handler.clone());
    for tool in ["task", "input"] {
        let answer = pipe
            .send(stateless(call(2, tool, json!({}), ask(true))))
            .await;
        assert_ne!(answer["result"]["resultType"], "complete", "{answer:#}");
        let expected = format!("tools/call {tool} SERVER\n  stage\n");
        assert_eq!(tree(&answer), expected);
        assert_eq!(handler.open_spans(), 0);
    }
    let read = json!({"jsonrpc": "2.0", "id": 3, "method": "resources/read",
        "params": {"uri": "note://1", "_meta": ask(true)}});
    let answer = pipe.send(stateless(read)).await;
    assert_eq!(tree(&answer), "resources/read SERVER\n  stage\n");
    assert_eq!(handler.open_spans(), 0);
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

/// Lets spawned work wait until the test lets it go on.
#[derive(Debug, Clone)]
struct Late(Arc<Semaphore>, watch::Sender<usize>);

/// Spawns many tasks, some of which outlive the call.
#[mcp_tool]
async fn scatter(late: &Late, tasks: u32, outliving: u32) -> u32 {
    #[phase("scatter")]
    {
        let mut ended = Vec::new();
        let started = late.1.subscribe();
        for task in 0..tasks {
            let late = late.clone();
            let work = async move {
                #[phase("task")]
                {
                    if task < outliving {
                        late.1.send_modify(|started| *started += 1);
                        drop(late.0.acquire().await);
                    }
                    tokio::task::yield_now().await;
                }
                late.1.send_modify(|started| *started -= 1);
                #[phase("after")]
                tokio::task::yield_now().await;
            };
            // Those that end are waited for.
            if task < outliving {
                drop(glassbox::spawn(work));
            } else {
                ended.push(glassbox::spawn(small()));
            }
        }
        join_all(ended).await;
        let outliving = usize::try_from(outliving).unwrap();
        let mut started = started;
        drop(started.wait_for(|started| *started == outliving).await);
    }
    tasks
}

#[phase("small")]
async fn small() {
    tokio::task::yield_now().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_outlive_the_call_are_counted_and_not_waited_for() {
    let (exporter, options) = exporting();
    let late = Late(Arc::new(Semaphore::new(0)), watch::channel(0).0);
    let limits = {
        let mut limits = glassbox::PassbackLimits::default();
        (limits.max_spans, limits.max_total_bytes) = (2_000, 4_000_000);
        limits
    };
    let server = Server::builder("scatter", "1")
        .inject(late.clone())
        .tool::<scatter>()
        .passback_limits(limits)
        .telemetry(options);
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let arguments = json!({"tasks": 1_000, "outliving": 100});
    let answer = client
        .call("scatter", arguments, ask_under(TRACEPARENT))
        .await;
    assert_eq!(spans(&answer).len(), 2 + 900);
    assert_eq!(traces(&answer)["droppedSpanCount"], 100);
    assert_eq!(traces(&answer)["truncated"], true);
    assert_eq!(running.server.open_spans(), 0);

    // The export has them all in the end, and none of them is recorded for
    // the answer any more.
    late.0.add_permits(100);
    until(|| exported(&exporter).len() == 2 + 900 + 200).await;
    assert_eq!(running.server.open_spans(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn late_work_of_a_call_that_was_only_asked_for_is_not_recorded() {
    let late = Late(Arc::new(Semaphore::new(0)), watch::channel(0).0);
    let server = Server::builder("scatter", "1")
        .inject(late.clone())
        .tool::<scatter>();
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let arguments = json!({"tasks": 10, "outliving": 10});
    let answer = client.call("scatter", arguments, ask(true)).await;
    assert_eq!(tree(&answer), "tools/call scatter SERVER\n  scatter\n");
    assert_eq!(traces(&answer)["droppedSpanCount"], 10);
    late.0.add_permits(10);
    let mut ended = late.1.subscribe();
    ended.wait_for(|open| *open == 0).await.unwrap();
    assert_eq!(running.server.open_spans(), 0);
}

/// Works on a thread for blocking code and on a stream behind a channel.
#[mcp_tool]
async fn elsewhere() -> u32 {
    #[phase("blocking")]
    let blocked = glassbox::spawn_blocking(count_all).await;

    #[phase("streaming")]
    let streamed = {
        let items = stream::iter(0..2_u32).then(item).in_request();
        tokio::spawn(items.fold(0, async |sum, item| sum + item)).await
    };
    blocked.unwrap_or(0) + streamed.unwrap_or(0)
}

#[phase("count")]
fn count_all() -> u32 {
    1
}

#[phase("item")]
async fn item(item: u32) -> u32 {
    tokio::task::yield_now().await;
    item
}

#[tokio::test]
async fn blocking_code_and_streams_stay_part_of_the_request() {
    let server = Server::builder("elsewhere", "1").tool::<elsewhere>();
    let running = Running::start(server.build().unwrap()).await;
    let mut client = Client::stateless(&running.url);
    let answer = client.call("elsewhere", json!({}), ask(true)).await;
    let expected = "\
tools/call elsewhere SERVER
  blocking
    count
  streaming
    item
    item
";
    assert_eq!(tree(&answer), expected);
    assert_eq!(running.server.open_spans(), 0);
}

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
