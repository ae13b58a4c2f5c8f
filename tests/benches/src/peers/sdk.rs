//! The tool with spans of the OpenTelemetry SDK.

use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use super::work;

const TOOL: &str = "list_emails";

pub(crate) async fn list(tracer: &SdkTracer, messages: u32) -> String {
    let internal = |name, attributes| (tracer, name, SpanKind::Internal, attributes);
    within(internal("auth.validate", vec![]), work::token()).await;
    let maximum = KeyValue::new("gmail.max_results", i64::from(messages));
    let listed = within(internal("gmail.list_messages", vec![maximum]), async {
        get(tracer).await;
        messages
    })
    .await;
    let count = KeyValue::new("gmail.fetch_count", i64::from(listed));
    let found = within(internal("gmail.fetch_details", vec![count]), async {
        work::GATE.pass().await;
        let mut found = 0;
        for _ in 0..listed {
            found += get(tracer).await;
        }
        found
    })
    .await;
    within(internal("format_response", vec![]), async {
        work::shown(found)
    })
    .await
}

async fn get(tracer: &SdkTracer) -> u32 {
    let attributes = vec![
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.response.status_code", 200),
        KeyValue::new("server.address", "gmail.googleapis.com"),
    ];
    within((tracer, "GET", SpanKind::Client, attributes), work::get()).await
}

async fn within<T>(
    (tracer, name, kind, mut attributes): (&SdkTracer, &'static str, SpanKind, Vec<KeyValue>),
    work: impl Future<Output = T>,
) -> T {
    attributes.push(KeyValue::new("gen_ai.tool.name", TOOL));
    let span = tracer
        .span_builder(name)
        .with_kind(kind)
        .with_attributes(attributes)
        .start(tracer);
    let context = Context::current_with_span(span);
    let value = work.with_context(context.clone()).await;
    context.span().end();
    value
}
