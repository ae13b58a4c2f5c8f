//! Spans into an answer, with the crates that are there for it.

use opentelemetry::trace::SpanId;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use rmcp::model::MetaObject;
use serde_json::{Value, json};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Nothing,
    TopLevel,
    Detailed,
}

impl Asked {
    pub(crate) fn of(meta: &MetaObject) -> Self {
        let traces = meta.get("otel").and_then(|otel| otel.get("traces"));
        let flag = |name| {
            let flag = traces.and_then(|traces| traces.get(name));
            flag.and_then(Value::as_bool) == Some(true)
        };
        match (flag("request"), flag("detailed")) {
            (false, _) => Self::Nothing,
            (true, false) => Self::TopLevel,
            (true, true) => Self::Detailed,
        }
    }
}

/// The `_meta` of an answer: what was asked of the spans.
pub(crate) fn meta(
    spans: Vec<SpanData>,
    root: SpanId,
    asked: Asked,
    resource: &ResourceAttributesWithSchema,
) -> MetaObject {
    let recorded = spans.len();
    let spans: Vec<_> = match asked {
        Asked::Detailed => spans,
        Asked::TopLevel | Asked::Nothing => spans
            .into_iter()
            .filter(|span| span.span_context.span_id() == root || span.parent_span_id == root)
            .collect(),
    };
    let dropped = recorded - spans.len();
    let traces = json!({
        "resourceSpans": resource_spans(spans, resource),
        "truncated": dropped > 0,
        "droppedSpanCount": dropped,
    });
    let mut meta = MetaObject::default();
    meta.insert("otel".to_owned(), json!({"traces": traces}));
    meta
}

/// Spans as `opentelemetry-proto` writes them.
pub fn resource_spans(spans: Vec<SpanData>, resource: &ResourceAttributesWithSchema) -> Value {
    let grouped = group_spans_by_resource_and_scope(spans, resource);
    serde_json::to_value(grouped).unwrap()
}

/// Who made the spans.
pub fn resource() -> ResourceAttributesWithSchema {
    (&sdk_resource()).into()
}

/// Who makes the spans.
pub fn sdk_resource() -> Resource {
    Resource::builder_empty().with_service_name("mail").build()
}
