//! However a call ends, its spans say so, and nothing is left behind.

mod cancellation;
mod delegated;
mod late;
mod mixed;
mod panics;
mod progress;
mod reads;
mod spawned;
mod transports;

use std::time::Duration;

use glassbox::TelemetryOptions;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor, SpanData};
use serde_json::{Value, json};

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

/// Waits until something is so, and not forever.
async fn until(mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    waited.expect("it to become so");
}
