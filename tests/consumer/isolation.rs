//! Many calls of one trace at once, through one client: each gets its own spans, and no others.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use glassbox::PassbackRequest;
use glassbox::otlp::AnyValue;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use rmcp::model::CallToolRequestParams;
use serde_json::json;
use support::clients::over_http;
use support::server::builder_with_gate;
use support::wire::Running;
use tokio::sync::Barrier;

const CALLS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_of_one_client_get_exactly_their_own_spans() {
    // All calls are inside at the same time: the gate opens for the last one.
    let gate = Arc::new(Barrier::new(CALLS));
    let server = builder_with_gate("http://127.0.0.1:9", gate);
    let running = Running::start(server.build().unwrap()).await;
    let connected = over_http(&running.url).await;
    let provider = SdkTracerProvider::builder().build();
    let run = provider.tracer("agent").start("run");
    let context = Context::current_with_span(run);
    let client = connected.client.clone().with_tracer_provider(&provider);
    let calls = (0..CALLS).map(|label| {
        let passback = match label % 7 {
            0 => PassbackRequest::Off,
            1 | 2 => PassbackRequest::TopLevel,
            _ => PassbackRequest::Detailed,
        };
        let client = client.clone().with_passback(passback);
        let mut params = CallToolRequestParams::new("meet");
        params.arguments = json!({"label": label}).as_object().cloned();
        let call = async move { (label, passback, client.call_tool(params).await) };
        call.with_context(context.clone())
    });
    let mut ids = HashSet::new();
    for (label, passback, outcome) in join_all(calls).await {
        let text = outcome.result().unwrap().content[0].as_text().unwrap();
        assert_eq!(text.text, label.to_string());
        let expected = match passback {
            PassbackRequest::Off => 0,
            PassbackRequest::TopLevel => 3,
            PassbackRequest::Detailed => 4,
        };
        let report = outcome.report();
        assert_eq!((report.accepted(), report.received()), (expected, expected));
        let trace = context.span().span_context().trace_id();
        for span in outcome.server_spans() {
            assert_eq!(span.trace_id(), trace);
            assert!(ids.insert(span.id()), "no span is in two outcomes");
            if span.parent_id() == Some(outcome.span_context().span_id()) {
                assert_eq!(span.name(), "tools/call meet");
            } else {
                let of = span.attribute("label").map(AnyValue::to_string);
                assert_eq!(of, Some(label.to_string()), "{}", span.name());
            }
        }
        assert!(ids.insert(outcome.span_context().span_id()));
        let tree = outcome.tree();
        assert_eq!((tree.len(), tree.roots().count()), (expected + 1, 1));
    }
    assert_eq!(running.server.open_spans(), 0);
}
