//! The client's rules, C01 to C09.

use glassbox::PassbackRequest;
use glassbox::client::{Client, Outcome};
use glassbox::ingest::{Ingest, RejectReason};
use glassbox::otlp::AnyValue;
use glassbox::render::{TextOptions, text};
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use rmcp::model::{CallToolRequestParams, CallToolResult, ReadResourceRequestParams};
use serde_json::{Value, json};
use support::answerer::{Answerer, Framing, caller, result_with};
use support::clients::{every_client, over_http, without_lift};
use support::server::server;
use support::wire::Running;

const STDIO: &str = env!("CARGO_BIN_EXE_stdio_server");
const SPAN: &str = "b7ad6b7169203331";

async fn call(client: &Client) -> Outcome<CallToolResult> {
    client.call_tool(CallToolRequestParams::new("tool")).await
}

/// One span, as text with spaces and members that no encoder of ours writes.
fn one_span(request: &Value, id: &str) -> String {
    let (trace, parent) = caller(request);
    format!(
        "{{ \"traceId\" : \"{}\", \"spanId\":\"{id}\",\"parentSpanId\":\"{parent}\",\"name\":\"tools/call tool\",\"kind\":2,\
         \"startTimeUnixNano\":1000000000,\"endTimeUnixNano\":\"1300000000\",\"new\":[1 , 2]}}",
        trace.to_uppercase()
    )
}

fn traces(spans: &str) -> String {
    format!(
        "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"theirs\"}}}}]}},\
         \"scopeSpans\":[{{\"spans\":[{spans}]}}]}}]}}"
    )
}

fn text_of(outcome: &Outcome<CallToolResult>) -> String {
    let result = outcome.result().unwrap();
    result.content[0].as_text().unwrap().text.clone()
}

fn refused(outcome: &Outcome<CallToolResult>) -> Vec<(RejectReason, usize)> {
    outcome.report().refusals().collect()
}

#[tokio::test]
async fn c01_an_answer_without_spans_is_normal() {
    let answer =
        |_: &Value| "\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}".to_owned();
    let server = Answerer::start(answer).await;
    let connected = over_http(&server.url).await;
    assert!(!connected.client.advertised().any());
    let outcome = call(&connected.client).await;
    assert_eq!(text_of(&outcome), "done");
    assert!(outcome.payload().is_none());
    assert_eq!(outcome.report().to_string(), "no spans returned");
}

#[tokio::test]
async fn c01_the_advertisement_is_shown_and_not_relied_on() {
    let answer = |request: &Value| result_with(&traces(&one_span(request, SPAN)));
    for (capabilities, march, july) in [
        (json!({"tools": {}}), false, false),
        (
            json!({"tools": {}, "serverExecutionTelemetry": {"version": "2026-03-01"}}),
            true,
            false,
        ),
        (
            json!({"tools": {}, "extensions": {"io.modelcontextprotocol/server-execution-telemetry": {}}}),
            false,
            true,
        ),
    ] {
        let server = Answerer::start_with(answer, Framing::Json, capabilities).await;
        let connected = over_http(&server.url).await;
        let advertised = connected.client.advertised();
        assert_eq!((advertised.march, advertised.july), (march, july));
        let outcome = call(&connected.client).await;
        assert_eq!(outcome.report().accepted(), 1, "{}", outcome.report());
    }
}

#[tokio::test]
async fn c01_nothing_is_taken_in_that_was_not_asked_for() {
    let answer = |request: &Value| result_with(&traces(&one_span(request, SPAN)));
    let server = Answerer::start(answer).await;
    let connected = over_http(&server.url).await;
    let outcome = call(&connected.client.clone().with_passback(PassbackRequest::Off)).await;
    assert_eq!(text_of(&outcome), "done");
    assert!(outcome.payload().is_none());
    assert_eq!(refused(&outcome), [(RejectReason::NotAsked, 1)]);
    assert_eq!(server.requests()[0]["params"]["_meta"].get("otel"), None);
}

#[tokio::test]
async fn c02_the_client_span_is_what_traceparent_carries() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let answer = |request: &Value| result_with(&traces(&one_span(request, SPAN)));
    let server = Answerer::start(answer).await;
    let connected = over_http(&server.url).await;
    let client = connected.client.clone().with_tracer_provider(&provider);
    let outcome = call(&client).await;
    let (trace, span) = caller(&server.requests()[0]);
    let exported = exporter.get_finished_spans().unwrap();
    assert_eq!(exported.len(), 1);
    assert_eq!(exported[0].span_context.span_id().to_string(), span);
    assert_eq!(exported[0].span_context.trace_id().to_string(), trace);
    assert_eq!(exported[0].name, "tools/call tool");
    // The copy for the tree says the same.
    let copy = outcome.client_span();
    let original = glassbox::otlp::Span::from_sdk(
        &exported[0],
        &opentelemetry_sdk::Resource::builder_empty().build(),
    );
    assert_eq!(copy.id(), original.id());
    assert_eq!(copy.attributes(), original.attributes());
    assert_eq!(copy.start_unix_nano(), original.start_unix_nano());
    assert_eq!(copy.end_unix_nano(), original.end_unix_nano());
}

#[tokio::test]
async fn c02_there_is_a_client_span_without_any_tracer_provider() {
    let answer = |request: &Value| result_with(&traces(&one_span(request, SPAN)));
    let server = Answerer::start(answer).await;
    let connected = over_http(&server.url).await;
    let outcome = call(&connected.client).await;
    let (trace, span) = caller(&server.requests()[0]);
    assert_eq!(outcome.span_context().trace_id().to_string(), trace);
    assert_eq!(outcome.span_context().span_id().to_string(), span);
    assert_eq!(outcome.report().accepted(), 1);
}

#[tokio::test]
async fn c03_accepted_spans_are_passed_on_byte_for_byte() {
    for framing in [Framing::Json, Framing::Events] {
        let answer = |request: &Value| result_with(&traces(&one_span(request, SPAN)));
        let server = Answerer::start_with(answer, framing, json!({"tools": {}})).await;
        let connected = over_http(&server.url).await;
        let outcome = call(&connected.client).await;
        let sent = traces(&one_span(&server.requests()[0], SPAN));
        assert_eq!(outcome.payload().unwrap().to_json(), sent, "{framing:?}");
        assert_eq!(outcome.tree().len(), 2);
    }
}

#[tokio::test]
async fn c04_what_exceeds_the_bound_is_discarded_and_the_result_is_not() {
    let answer = |request: &Value| {
        let span = one_span(request, SPAN);
        result_with(&traces(&vec![span; 80_000].join(",")))
    };
    let server = Answerer::start(answer).await;
    let connected = over_http(&server.url).await;
    let outcome = call(&connected.client).await;
    assert_eq!(text_of(&outcome), "done");
    assert!(outcome.payload().is_none());
    assert_eq!(refused(&outcome), [(RejectReason::TooLarge, 1)]);
    // What would have happened without the lift.
    let service = without_lift(&server.url).await;
    let params = CallToolRequestParams::new("tool").with_arguments(serde_json::Map::new());
    let mut params = params;
    params.meta = Some(rmcp::model::RequestMetaObject(rmcp::model::MetaObject(
        json!({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"})
            .as_object()
            .cloned()
            .unwrap(),
    )));
    assert!(service.call_tool(params).await.is_err());
}

#[tokio::test]
async fn c05_the_servers_identity_is_kept() {
    let answer = |request: &Value| {
        let span = one_span(request, SPAN);
        let anonymous = format!("{{\"scopeSpans\":[{{\"spans\":[{span}]}}]}}");
        result_with(&format!("{{\"resourceSpans\":[{anonymous}]}}"))
    };
    let server = Answerer::start(answer).await;
    let outcome = call(&over_http(&server.url).await.client).await;
    assert!(outcome.payload().is_none());
    assert_eq!(outcome.report().rejected(RejectReason::NoServiceName), 1);

    let answer = |request: &Value| result_with(&traces(&one_span(request, SPAN)));
    let server = Answerer::start(answer).await;
    let outcome = call(&over_http(&server.url).await.client).await;
    assert_eq!(outcome.server_spans()[0].service(), Some("theirs"));
    assert_eq!(outcome.client_span().service(), Some("caller"));
}

#[tokio::test]
async fn c06_lineage_is_checked_and_refusals_are_seen() {
    type Change = fn(&Value) -> String;
    let cases: [(RejectReason, Change); 3] = [
        (RejectReason::ForeignTrace, |request| {
            let (trace, _) = caller(request);
            one_span(request, SPAN).replace(&trace.to_uppercase(), &"1".repeat(32))
        }),
        (RejectReason::ForeignParent, |request| {
            let (_, parent) = caller(request);
            one_span(request, SPAN).replace(&parent, &"1".repeat(16))
        }),
        (RejectReason::OwnId, |request| {
            one_span(request, &caller(request).1)
        }),
    ];
    for (reason, change) in cases {
        let server = Answerer::start(move |request| result_with(&traces(&change(request)))).await;
        let outcome = call(&over_http(&server.url).await.client).await;
        assert_eq!(text_of(&outcome), "done");
        assert!(outcome.payload().is_none(), "{reason:?}");
        assert_eq!(outcome.report().rejected(reason), 1, "{}", outcome.report());
    }
}

#[tokio::test]
async fn c07_client_span_server_span_and_request_can_be_joined() {
    let running = Running::start(server()).await;
    for connected in every_client(&running.url, STDIO).await {
        let name = connected.name;
        let mut params = CallToolRequestParams::new("order");
        params.arguments = json!({"number": 3}).as_object().cloned();
        let client = connected
            .client
            .clone()
            .with_passback(PassbackRequest::Detailed);
        let outcome = client.call_tool(params).await;
        assert!(outcome.result().is_ok(), "{name}: {:?}", outcome.result());
        let root = &outcome.server_spans()[0];
        let roots: Vec<_> = outcome
            .server_spans()
            .iter()
            .filter(|span| span.parent_id() == Some(outcome.client_span().id()))
            .collect();
        assert_eq!(roots.len(), 1, "{name}");
        let id = |span: &glassbox::otlp::Span| {
            span.attribute("jsonrpc.request.id")
                .map(AnyValue::to_string)
        };
        assert!(id(roots[0]).is_some());
        assert_eq!(id(roots[0]), id(outcome.client_span()), "{name}");
        assert_eq!(outcome.tree().roots().count(), 1, "{name}");
        let advertised = connected.client.advertised();
        assert!(advertised.july, "{name}");
        let _ = root;
    }
}

#[tokio::test]
async fn c07_a_cached_answer_is_not_counted_twice() {
    let answer = |request: &Value| {
        let traces = traces(&one_span(request, SPAN));
        format!(
            "\"result\":{{\"contents\":[],\"ttlMs\":60000,\"_meta\":{{\"otel\":{{\"traces\":{traces}}}}}}}"
        )
    };
    let server = Answerer::start(answer).await;
    let connected = over_http(&server.url).await;
    let provider = SdkTracerProvider::builder().build();
    let tracer = provider.tracer("agent");
    let client = connected.client.clone().with_tracer_provider(&provider);
    // Both reads belong to one trace, as in a run of an agent.
    let run = tracer.start("run");
    let context = Context::current_with_span(run);
    let read = async || {
        let params = ReadResourceRequestParams::new("test://one");
        let read = client.read_resource(params);
        read.with_context(context.clone()).await
    };
    let first = read().await;
    assert_eq!(first.report().accepted(), 1, "{}", first.report());
    let second = read().await;
    assert!(second.result().is_ok());
    assert_eq!(server.requests().len(), 1, "rmcp answered from its cache");
    assert!(second.payload().is_none(), "{}", second.report());
}

#[tokio::test]
async fn c08_text_of_spans_never_reaches_a_terminal_as_it_is() {
    let answer = |request: &Value| {
        let span = one_span(request, SPAN).replace("tools/call tool", "\\u001b[2J\\u202eevil");
        result_with(&traces(&span))
    };
    let server = Answerer::start(answer).await;
    let outcome = call(&over_http(&server.url).await.client).await;
    assert_eq!(outcome.report().accepted(), 1);
    let tree = outcome.tree();
    let drawn = text(
        &tree,
        &glassbox::analysis::findings(&tree),
        &TextOptions::default(),
    );
    assert!(
        drawn.contains("evil") && !drawn.contains(['\u{1b}', '\u{202e}']),
        "{drawn}"
    );
}

#[tokio::test]
async fn c09_the_servers_clock_is_never_corrected() {
    let answer = |request: &Value| result_with(&traces(&one_span(request, SPAN)));
    let server = Answerer::start(answer).await;
    let outcome = call(&over_http(&server.url).await.client).await;
    // The answer's times are of 1970.
    assert_eq!(outcome.server_spans()[0].start_unix_nano(), 1_000_000_000);
    assert!(
        outcome
            .payload()
            .unwrap()
            .to_json()
            .contains("\"startTimeUnixNano\":1000000000,")
    );
    let findings = glassbox::analysis::findings(&outcome.tree());
    let sentences: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(
        sentences.iter().any(|sentence| sentence.contains("clock")),
        "{sentences:?}"
    );
}

#[tokio::test]
async fn c06_a_gateway_that_re_parents_can_be_allowed() {
    let answer = |request: &Value| {
        let (_, parent) = caller(request);
        result_with(&traces(
            &one_span(request, SPAN).replace(&parent, &"1".repeat(16)),
        ))
    };
    let server = Answerer::start(answer).await;
    let connected = over_http(&server.url).await;
    let ingest = Ingest::new().with_reparented(true);
    let outcome = call(&connected.client.clone().with_ingest(ingest)).await;
    assert_eq!(outcome.report().accepted(), 1);
    assert_eq!(outcome.report().reparented(), 1, "{}", outcome.report());
}
