//! Spans of the `tracing` ecosystem join the request they are made in.

use glassbox::{Server, mcp_tool, phase};
use opentelemetry::trace::TracerProvider as _;
use serde_json::json;
use support::tree::{traces, tree};
use support::wire::{Client, Running, ask};
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{Backend, attribute, names, traceparent};

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

/// The subscriber is this process's, so all is one test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_tracing_join_the_request_and_nobody_elses() {
    let backend = Backend::new();
    let server = Server::builder("traced", "1").tool::<work>();
    let server = server.telemetry(backend.options()).build().unwrap();
    let tracer = server.tracer_provider().tracer("tracing");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let running = Running::start(server).await;
    let mut client = Client::stateless(&running.url);
    let mut meta = ask(true);
    meta["traceparent"] = traceparent(false).into();
    let answer = client.call("work", json!({}), meta.clone()).await;
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

    // Sampled, so exported; and the back end sees what the library recorded.
    backend.take();
    meta = json!({"traceparent": traceparent(true)});
    client.call("work", json!({}), meta).await;
    let mut exported = backend.take();
    exported.retain(|span| span.span_context.trace_id().to_string() == crate::TRACE);
    assert_eq!(
        names(&exported),
        ["ours", "library", "prepare", "plain", "tools/call work"]
    );
    assert_eq!(attribute(&exported[1], "query"), "hunter2");
}
