//! Spans of the `tracing` ecosystem join the request they are made in. The
//! subscriber is the whole process's, so this is a process of its own.

use glassbox::{Server, TelemetryOptions, mcp_tool, phase};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
use serde_json::json;
use support::tree::{span, traces, tree};
use support::wire::{Client, Running, ask};
use tracing::Instrument as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn traceparent(sampled: bool) -> String {
    format!("00-{TRACE}-00f067aa0ba902b7-0{}", u8::from(sampled))
}

/// Works with a library that knows `tracing` only.
#[mcp_tool]
async fn work() -> u32 {
    #[phase("prepare")]
    library("secret: hunter2")
        .instrument(tracing::info_span!("library", query = "hunter2"))
        .await;
    plain().await;
    0
}

async fn library(query: &str) {
    tracing::info!(query, "an event of a span");
    tokio::task::yield_now().await;
    ours().await;
}

#[phase("ours")]
async fn ours() {
    tokio::task::yield_now().await;
}

#[tracing::instrument]
async fn plain() {
    tokio::task::yield_now().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_tracing_join_the_request_they_are_made_in() {
    let exporter = InMemorySpanExporter::default();
    let processor = SimpleSpanProcessor::new(exporter.clone());
    let options = TelemetryOptions::new().with_span_processor(processor);
    let server = Server::builder("traced", "1").tool::<work>();
    let server = server.telemetry(options).build().unwrap();
    let tracer = server.tracer_provider().tracer("tracing");
    // rmcp keeps a span open as long as a connection lasts.
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_filter(filter_fn(|metadata| metadata.target() != "rmcp::service"));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let running = Running::start(server).await;
    let mut client = Client::stateless(&running.url);
    let mut meta = ask(true);
    meta["traceparent"] = traceparent(false).into();
    let answer = client.call("work", json!({}), meta).await;
    let expected = "\
tools/call work SERVER
  prepare
    library
      ours
  plain
";
    assert_eq!(tree(&answer), expected);
    assert!(!traces(&answer).to_string().contains("hunter2"));
    assert!(!traces(&answer).to_string().contains("code."));
    assert_eq!(running.server.open_spans(), 0);
    let of_trace = |trace: &str| {
        let mut spans = exporter.get_finished_spans().unwrap();
        spans.retain(|span| span.span_context.trace_id().to_string() == trace);
        spans
    };
    assert_eq!(of_trace(TRACE), []);

    // Sampled, so exported; and the back end sees what the library recorded.
    let meta = json!({"traceparent": traceparent(true)});
    client.call("work", json!({}), meta).await;
    let exported = of_trace(TRACE);
    let names: Vec<_> = exported.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(
        names,
        ["ours", "library", "prepare", "plain", "tools/call work"]
    );
    let query = KeyValue::new("query", "hunter2");
    assert!(exported[1].attributes.contains(&query));

    // Without a caller's context a fresh trace begins, not one of the connection.
    let answer = client.call("work", json!({}), ask(true)).await;
    let root = span(&answer, "tools/call work");
    assert_eq!(root.get("parentSpanId"), None);
}
