//! Calls against a server that is a script: what goes out, what comes back, and how calls end.

use std::future::Future;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt as _;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, ProtocolVersion, ReadResourceRequestParams, RequestMetaObject,
};
use rmcp::service::{
    ClientLifecycleMode, RunningService, ServiceError, serve_client_with_lifecycle,
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, WriteHalf};
use tokio::sync::mpsc;

use super::{Client, Outcome};
use crate::ingest::RejectReason;
use crate::otlp::AnyValue;
use crate::passback::PassbackRequest;

/// How long a test waits for what never comes.
const PATIENCE: Duration = Duration::from_secs(30);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The other end of a pipe: hands over what the client sends, and writes what the test says.
struct Script {
    received: mpsc::UnboundedReceiver<Value>,
    answers: WriteHalf<DuplexStream>,
    // The connection ends with it.
    _running: RunningService<RoleClient, ()>,
}

impl Script {
    async fn start(lifecycle: ClientLifecycleMode) -> (Client, Self) {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (read, mut answers) = tokio::io::split(far);
        let (sender, mut received) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut lines = BufReader::new(read).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let handshake = async {
            let request: Value = received.recv().await.unwrap();
            let capabilities = json!({"tools": {}, "resources": {}});
            let result = match request["method"].as_str().unwrap() {
                "initialize" => json!({
                    "protocolVersion": request["params"]["protocolVersion"],
                    "capabilities": capabilities,
                    "serverInfo": {"name": "script", "version": "1"},
                }),
                _ => json!({
                    "resultType": "complete",
                    "supportedVersions": [ProtocolVersion::V_2026_07_28],
                    "capabilities": capabilities,
                    "ttlMs": 0,
                    "cacheScope": "private",
                }),
            };
            write(&mut answers, &request, "result", &result).await;
            if request["method"] == "initialize" {
                assert_eq!(
                    received.recv().await.unwrap()["method"],
                    "notifications/initialized"
                );
            }
        };
        let running = serve_client_with_lifecycle((), near, lifecycle);
        let (running, ()) = tokio::join!(running, handshake);
        let running = running.unwrap();
        let client = Client::new(running.peer().clone());
        let script = Self {
            received,
            answers,
            _running: running,
        };
        (client, script)
    }

    async fn next(&mut self) -> Value {
        let received = tokio::time::timeout(PATIENCE, self.received.recv());
        received.await.expect("something is sent").unwrap()
    }

    /// Answers the next request, and returns it.
    async fn answer(&mut self, member: &str, answer: impl Fn(&Value) -> Value) -> Value {
        let request = self.next().await;
        write(&mut self.answers, &request, member, &answer(&request)).await;
        request
    }
}

async fn write(
    answers: &mut WriteHalf<DuplexStream>,
    request: &Value,
    member: &str,
    answer: &Value,
) {
    let line = json!({"jsonrpc": "2.0", "id": request["id"], member: answer});
    answers
        .write_all(format!("{line}\n").as_bytes())
        .await
        .unwrap();
}

async fn legacy() -> (Client, Script) {
    Script::start(ClientLifecycleMode::Initialize).await
}

fn discover() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    }
}

fn recorded(sampler: Sampler) -> (SdkTracerProvider, InMemorySpanExporter) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_simple_exporter(exporter.clone())
        .build();
    (provider, exporter)
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|found| found.key.as_str() == key)?;
    Some(found.value.to_string())
}

fn only(exporter: &InMemorySpanExporter) -> SpanData {
    let mut spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 1, "{spans:?}");
    spans.remove(0)
}

fn tool() -> CallToolRequestParams {
    CallToolRequestParams::new("list")
}

fn done() -> Value {
    json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}]})
}

fn meta_of(request: &Value) -> &Value {
    &request["params"]["_meta"]
}

/// One span under the caller's.
fn one_span(request: &Value) -> Value {
    let parts: Vec<_> = meta_of(request)["traceparent"]
        .as_str()
        .unwrap()
        .split('-')
        .collect();
    json!({"otel": {"traces": {"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]},
        "scopeSpans": [{"spans": [{"traceId": parts[1], "spanId": "00000000000000aa", "parentSpanId": parts[2], "name": "root"}]}],
    }]}}})
}

fn remote(flags: TraceFlags, state: &str) -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from_hex(TRACE).unwrap(),
        SpanId::from(7),
        flags,
        true,
        state.parse::<TraceState>().unwrap(),
    ))
}

/// Makes a call within a context, and answers it with a plain result.
async fn call_in(
    context: Context,
    client: &Client,
    params: CallToolRequestParams,
    script: &mut Script,
) -> (Value, Outcome<rmcp::model::CallToolResult>) {
    use opentelemetry::context::FutureExt as _;
    let call = client.call_tool(params).with_context(context);
    let both = async { tokio::join!(script.answer("result", |_| done()), call) };
    let both = tokio::time::timeout(PATIENCE, both).await;
    both.expect("the call is answered")
}

#[tokio::test]
async fn a_call_dropped_while_it_waits_is_cancelled_once_on_both_sides() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);

    let mut call = Box::pin(client.call_tool(tool()));
    let request = tokio::select! {
        _ = &mut call => panic!("nobody has answered"),
        request = script.next() => request,
    };
    drop(call);

    let cancelled = script.next().await;
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], request["id"]);
    let span = only(&exporter);
    assert_eq!(
        text(&span.attributes, "error.type").as_deref(),
        Some("cancelled")
    );
    assert_eq!(
        text(&span.attributes, "jsonrpc.request.id"),
        Some(request["id"].to_string())
    );
    assert_eq!(span.status, Status::error(""));
}

#[tokio::test]
async fn a_read_dropped_while_it_waits_is_cancelled_once_on_both_sides() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);

    let mut call = Box::pin(client.read_resource(ReadResourceRequestParams::new("file:///a")));
    let request = tokio::select! {
        _ = &mut call => panic!("nobody has answered"),
        request = script.next() => request,
    };
    drop(call);

    let cancelled = script.next().await;
    assert_eq!(cancelled["params"]["requestId"], request["id"]);
    let span = only(&exporter);
    assert_eq!(
        text(&span.attributes, "error.type").as_deref(),
        Some("cancelled")
    );
}

#[tokio::test]
async fn a_server_cannot_claim_the_span_of_a_call_that_still_runs() {
    use opentelemetry::context::FutureExt as _;
    let (client, mut script) = legacy().await;
    let parent = remote(TraceFlags::SAMPLED, "");
    let mut running = Box::pin(client.call_tool(tool()).with_context(parent.clone()));
    let request = tokio::select! {
        _ = &mut running => panic!("nobody has answered"),
        request = script.next() => request,
    };
    let claimed = meta_of(&request)["traceparent"].as_str().unwrap()[36..52].to_owned();
    let answer = |request: &Value| {
        let mut result = done();
        result["_meta"] = one_span(request);
        let spans = result.pointer_mut("/_meta/otel/traces/resourceSpans/0/scopeSpans/0/spans/0");
        spans.unwrap()["spanId"] = json!(claimed);
        result
    };
    let other = client.call_tool(tool()).with_context(parent);
    let (_, outcome) = tokio::join!(script.answer("result", answer), other);
    assert_eq!(
        outcome.report().rejected(RejectReason::OwnId),
        1,
        "{}",
        outcome.report()
    );
}

#[tokio::test]
async fn a_call_dropped_before_it_runs_leaves_nothing() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);
    drop(client.call_tool(tool()));
    assert!(exporter.get_finished_spans().unwrap().is_empty());
    // Nothing went out before the next call.
    let (request, _) = call_in(Context::new(), &client, tool(), &mut script).await;
    assert_eq!(request["method"], "tools/call");
}

#[tokio::test]
async fn a_call_dropped_outside_the_runtime_ends_its_span() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);
    let mut call = Box::pin(async move { client.call_tool(tool()).await });
    tokio::select! {
        _ = &mut call => panic!("nobody has answered"),
        _ = script.next() => {}
    }
    std::thread::spawn(move || drop(call)).join().unwrap();
    assert_eq!(
        text(&only(&exporter).attributes, "error.type").as_deref(),
        Some("cancelled")
    );
    assert_eq!(script.next().await["method"], "notifications/cancelled");
}

#[tokio::test]
async fn a_call_that_has_its_answer_ends_once_and_cancels_nothing() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);
    let (_, outcome) = call_in(Context::new(), &client, tool(), &mut script).await;
    drop(outcome);
    let span = only(&exporter);
    assert_eq!(
        (span.status, text(&span.attributes, "error.type")),
        (Status::Unset, None)
    );
    let (request, _) = call_in(Context::new(), &client, tool(), &mut script).await;
    assert_eq!(request["method"], "tools/call");
}

#[tokio::test(start_paused = true)]
async fn a_call_over_its_time_is_a_timeout_and_the_server_is_told() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client
        .with_tracer_provider(&provider)
        .with_timeout(Duration::from_secs(1));
    let outcome = client.call_tool(tool()).await;
    assert!(matches!(
        outcome.result(),
        Err(ServiceError::Timeout { timeout }) if timeout.as_secs() == 1
    ));
    let request = script.next().await;
    let cancelled = script.next().await;
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], request["id"]);
    let span = only(&exporter);
    assert_eq!(
        text(&span.attributes, "error.type").as_deref(),
        Some("timeout")
    );
    // The tree of a call without spans is the CLIENT span.
    assert_eq!(outcome.tree().len(), 1);
    assert_eq!(outcome.report().received(), 0);
}

#[tokio::test]
async fn a_json_rpc_error_is_the_spans_status_and_its_spans_are_taken_in() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);
    let long = "x".repeat(300);
    let answer = |request: &Value| json!({"code": -32602, "message": long, "data": {"_meta": one_span(request), "why": 1}});
    let (_, outcome) = tokio::join!(script.answer("error", answer), client.call_tool(tool()));

    let span = only(&exporter);
    assert_eq!(
        text(&span.attributes, "error.type").as_deref(),
        Some("-32602")
    );
    assert_eq!(
        text(&span.attributes, "rpc.response.status_code").as_deref(),
        Some("-32602")
    );
    assert_eq!(span.status, Status::error("x".repeat(256)));
    assert_eq!(outcome.report().accepted(), 1);
    assert_eq!(outcome.tree().len(), 2);
    let Err(ServiceError::McpError(error)) = outcome.into_result() else {
        panic!("a JSON-RPC error");
    };
    assert_eq!(error.data, Some(json!({"why": 1})));
}

#[tokio::test]
async fn a_tool_that_failed_is_a_result_and_an_error_of_the_span() {
    let (client, mut script) = legacy().await;
    let answer =
        |request: &Value| json!({"content": [], "isError": true, "_meta": one_span(request)});
    let (_, outcome) = tokio::join!(script.answer("result", answer), client.call_tool(tool()));
    let failed = outcome.client_span().attribute("error.type");
    assert_eq!(failed.and_then(AnyValue::as_str), Some("tool_error"));
    assert_eq!(
        outcome.client_span().attribute("rpc.response.status_code"),
        None
    );
    assert_eq!(outcome.server_spans().len(), 1);
    assert!(outcome.result().unwrap().meta.is_none());
}

#[tokio::test]
async fn a_connection_that_is_lost_is_an_error_of_the_span() {
    let (client, script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);
    drop(script);
    let outcome = client.call_tool(tool()).await;
    assert!(outcome.result().is_err());
    let class = text(&only(&exporter).attributes, "error.type").unwrap();
    assert!(
        ["transport", "transport_closed"].contains(&class.as_str()),
        "{class}"
    );
}

#[tokio::test]
async fn an_unsampled_parent_stays_unsampled_and_spans_are_asked_for() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)));
    for client in [client.clone(), client.with_tracer_provider(&provider)] {
        let parent = remote(TraceFlags::NOT_SAMPLED, "");
        let (request, outcome) = call_in(parent, &client, tool(), &mut script).await;
        let traceparent = meta_of(&request)["traceparent"].as_str().unwrap();
        assert!(
            traceparent.starts_with(&format!("00-{TRACE}-")),
            "{traceparent}"
        );
        assert!(traceparent.ends_with("-00"), "{traceparent}");
        assert_ne!(&traceparent[36..52], "0000000000000007");
        assert_eq!(meta_of(&request)["otel"]["traces"]["request"], true);
        assert_eq!(outcome.client_span().parent_id(), Some(SpanId::from(7)));
    }
    assert!(exporter.get_finished_spans().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_provider_or_with_one_that_is_shut_down_there_is_a_span_of_our_own() {
    let (client, mut script) = legacy().await;
    let (provider, _) = recorded(Sampler::AlwaysOn);
    let ended = client.clone().with_tracer_provider(&provider);
    provider.shutdown().unwrap();
    for client in [client, ended] {
        for context in [Context::new(), remote(TraceFlags::SAMPLED, "")] {
            let parent = context.span().span_context().clone();
            let (request, outcome) = call_in(context, &client, tool(), &mut script).await;
            let own = outcome.span_context();
            assert!(own.is_valid());
            assert_ne!(own.span_id(), parent.span_id());
            if parent.is_valid() {
                assert_eq!(own.trace_id(), parent.trace_id());
            }
            let expected = format!("00-{}-{}-01", own.trace_id(), own.span_id());
            assert_eq!(meta_of(&request)["traceparent"], expected);
        }
    }
}

#[tokio::test]
async fn where_telemetry_is_suppressed_the_context_sent_is_valid_and_nothing_is_exported() {
    let (client, mut script) = legacy().await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);
    for context in [Context::new(), remote(TraceFlags::SAMPLED, "")] {
        let context = context.with_telemetry_suppressed();
        let (request, outcome) = call_in(context, &client, tool(), &mut script).await;
        assert!(outcome.span_context().is_valid());
        let traceparent = meta_of(&request)["traceparent"].as_str().unwrap();
        assert!(traceparent.contains(&outcome.span_context().span_id().to_string()));
    }
    assert!(exporter.get_finished_spans().unwrap().is_empty());
}

#[tokio::test]
async fn what_the_caller_put_into_meta_stays_but_for_what_is_ours() {
    let (client, mut script) = legacy().await;
    let mut params = tool();
    let mine = json!({
        "com.example/key": {"a": 1},
        "traceparent": "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01",
        "tracestate": "of=another",
        "baggage": "mine=1",
        "otel": {"traces": {"request": false}},
    });
    params.meta = Some(serde_json::from_value::<RequestMetaObject>(mine).unwrap());
    let client = client.with_passback(PassbackRequest::Detailed);
    let (request, outcome) = call_in(Context::new(), &client, params, &mut script).await;
    let meta = meta_of(&request);
    assert_eq!(meta["com.example/key"], json!({"a": 1}));
    assert_eq!(meta["baggage"], "mine=1");
    assert_eq!(
        meta["otel"],
        json!({"traces": {"request": true, "detailed": true}})
    );
    let trace_id = outcome.span_context().trace_id().to_string();
    assert!(meta["traceparent"].as_str().unwrap().contains(&trace_id));
    // It belongs to the traceparent that was replaced.
    assert_eq!(meta.get("tracestate"), None);
}

#[tokio::test]
async fn nothing_is_asked_for_when_passback_is_off() {
    let (client, mut script) = legacy().await;
    let client = client.with_passback(PassbackRequest::Off);
    let mut params = tool();
    let mine = json!({"otel": {"traces": {"request": true}}});
    params.meta = Some(serde_json::from_value::<RequestMetaObject>(mine).unwrap());
    let answer = |request: &Value| {
        let mut result = done();
        result["_meta"] = one_span(request);
        result
    };
    let (request, outcome) =
        tokio::join!(script.answer("result", answer), client.call_tool(params));
    assert_eq!(meta_of(&request).get("otel"), None);
    assert!(meta_of(&request)["traceparent"].is_string());
    let refusals: Vec<_> = outcome.report().refusals().collect();
    assert_eq!(refusals, [(RejectReason::NotAsked, 1)]);
    assert!(outcome.result().unwrap().meta.is_none());
}

#[tokio::test]
async fn a_tracestate_goes_out_up_to_its_bound() {
    let (client, mut script) = legacy().await;
    for (bytes, sent) in [(511, true), (512, true), (513, false)] {
        // Two members, since W3C bounds a value at 256 characters.
        let state = format!("a={},b={}", "x".repeat(250), "y".repeat(bytes - 255));
        let state = match state.parse::<TraceState>() {
            Ok(_) => state,
            Err(_) => {
                let rest = bytes - "a=,b=,c=".len() - 400;
                format!(
                    "a={},b={},c={}",
                    "x".repeat(200),
                    "y".repeat(200),
                    "z".repeat(rest)
                )
            }
        };
        assert_eq!(state.len(), bytes);
        let context = remote(TraceFlags::SAMPLED, &state);
        let (request, _) = call_in(context, &client, tool(), &mut script).await;
        let tracestate = meta_of(&request).get("tracestate").and_then(Value::as_str);
        assert_eq!(tracestate, sent.then_some(state.as_str()));
    }
}

#[tokio::test]
async fn baggage_goes_out_unless_it_is_turned_off() {
    let (client, mut script) = legacy().await;
    let context = Context::new().with_baggage([KeyValue::new("user", "42")]);
    let (request, _) = call_in(context.clone(), &client, tool(), &mut script).await;
    assert_eq!(meta_of(&request)["baggage"], "user=42");
    let client = client.with_baggage(false);
    let (request, _) = call_in(context, &client, tool(), &mut script).await;
    assert_eq!(meta_of(&request).get("baggage"), None);
}

#[tokio::test]
async fn both_lifecycles_carry_the_context_and_the_flag() {
    for lifecycle in [ClientLifecycleMode::Initialize, discover()] {
        let (client, mut script) = Script::start(lifecycle).await;
        let answer = |request: &Value| {
            let mut result = done();
            result["_meta"] = one_span(request);
            result
        };
        let (request, outcome) =
            tokio::join!(script.answer("result", answer), client.call_tool(tool()));
        assert_eq!(
            meta_of(&request)["otel"]["traces"],
            json!({"request": true, "detailed": false})
        );
        assert_eq!(outcome.report().to_string(), "1 span received, 1 accepted");
        let version = outcome.client_span().attribute("mcp.protocol.version");
        assert!(version.is_some());
    }
}

#[tokio::test]
async fn a_read_out_of_rmcps_cache_has_a_span_and_brings_no_spans_again() {
    let (client, mut script) = Script::start(discover()).await;
    let (provider, exporter) = recorded(Sampler::AlwaysOn);
    let client = client.with_tracer_provider(&provider);
    let read = || client.read_resource(ReadResourceRequestParams::new("file:///a"));
    let answer = |request: &Value| json!({"resultType": "complete", "contents": [], "ttlMs": 60_000, "cacheScope": "private", "_meta": one_span(request)});
    let (_, first) = tokio::join!(script.answer("result", answer), read());
    assert_eq!(first.report().accepted(), 1);
    // Each is a trace of its own: nothing is above them.
    let second = read().now_or_never().expect("out of the cache");
    assert!(second.result().is_ok());
    assert_eq!(
        second.report().rejected(RejectReason::AlreadyIngested),
        1,
        "{}",
        second.report()
    );
    assert_eq!((second.payload(), second.tree().len()), (None, 1));
    assert_eq!(exporter.get_finished_spans().unwrap().len(), 2);
}

#[tokio::test]
async fn an_answer_of_the_wrong_kind_is_unexpected_and_panics_nowhere() {
    let (client, mut script) = legacy().await;
    for answer in [
        json!({}),
        json!({"_meta": {"otel": 1}}),
        json!({"roots": []}),
        json!([]),
        json!(null),
        json!("x"),
    ] {
        let call = client.call_tool(tool());
        let (_, outcome) = tokio::join!(script.answer("result", |_| answer.clone()), async {
            tokio::time::timeout(Duration::from_secs(5), call).await
        });
        let outcome = outcome.unwrap();
        assert_eq!(outcome.report().accepted(), 0);
        assert!(outcome.tree().len() == 1);
    }
}

#[test]
fn a_call_without_a_runtime_does_not_panic_when_polled_and_dropped() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (client, _script) = runtime.block_on(legacy());
    let mut call = Box::pin(client.call_tool(tool()));
    let mut context = TaskContext::from_waker(Waker::noop());
    assert!(matches!(call.as_mut().poll(&mut context), Poll::Pending));
    drop(call);
}
