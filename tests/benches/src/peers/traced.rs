//! The tool with spans of `tracing`, which `tracing-opentelemetry` hands to the SDK with nothing added.

use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Instrument as _, info_span};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

use super::work;

const TOOL: &str = "list_emails";

/// Sends the spans of this crate to `tracer`.
pub fn subscribe(tracer: SdkTracer) {
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), LevelFilter::INFO);
    let subscriber = tracing_subscriber::registry().with(own).with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

pub(crate) async fn list(messages: u32) -> String {
    let span = info_span!("auth.validate", gen_ai.tool.name = TOOL);
    work::token().instrument(span).await;
    let span = info_span!(
        "gmail.list_messages",
        gmail.max_results = messages,
        gen_ai.tool.name = TOOL
    );
    let listed = list_messages(messages).instrument(span).await;
    let span = info_span!(
        "gmail.fetch_details",
        gmail.fetch_count = listed,
        gen_ai.tool.name = TOOL
    );
    let found = fetch_details(listed).instrument(span).await;
    let span = info_span!("format_response", gen_ai.tool.name = TOOL);
    span.in_scope(|| work::shown(found))
}

async fn list_messages(messages: u32) -> u32 {
    get().await;
    messages
}

async fn fetch_details(messages: u32) -> u32 {
    work::GATE.pass().await;
    let mut found = 0;
    for _ in 0..messages {
        found += get().await;
    }
    found
}

async fn get() -> u32 {
    let span = info_span!(
        "GET",
        otel.kind = "client",
        http.request.method = "GET",
        http.response.status_code = 200,
        server.address = "gmail.googleapis.com",
        gen_ai.tool.name = TOOL
    );
    work::get().instrument(span).await
}
