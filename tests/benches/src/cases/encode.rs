//! Finished spans into an answer.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use glassbox::__bench;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::{Case, Work};
use crate::peers::encode;

pub(super) const CASES: [Case; 6] = [
    case("encode/16/copy", || copy(16)),
    case("encode/16/glassbox", || text(16)),
    case("encode/16/proto", || proto(16)),
    case("encode/128/copy", || copy(128)),
    case("encode/128/glassbox", || text(128)),
    case("encode/128/proto", || proto(128)),
];

const fn case(name: &'static str, prepare: fn() -> Work) -> Case {
    Case { name, prepare }
}

/// A root, and so many spans below it with a few attributes each, less one.
fn spans(count: usize) -> Vec<SpanData> {
    static SCOPE: LazyLock<InstrumentationScope> = LazyLock::new(|| {
        InstrumentationScope::builder("bench")
            .with_version("1")
            .build()
    });
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let span = |number: u64| SpanData {
        span_context: SpanContext::new(
            TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c),
            SpanId::from(0x00f0_67aa_0ba9_0200 + number),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        ),
        parent_span_id: SpanId::from(0x00f0_67aa_0ba9_0200 + u64::from(number > 1)),
        parent_span_is_remote: number == 1,
        span_kind: SpanKind::Client,
        name: "GET".into(),
        start_time: start + Duration::from_micros(number),
        end_time: start + Duration::from_micros(number + 512),
        attributes: vec![
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("http.response.status_code", 200),
            KeyValue::new("server.address", "gmail.googleapis.com"),
            KeyValue::new("gen_ai.tool.name", "list_emails"),
        ],
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: SCOPE.clone(),
    };
    (1..=count as u64).map(span).collect()
}

/// Both encoders take spans by value, so both get copies.
fn copy(count: usize) -> Work {
    let spans = spans(count);
    Box::new(move || {
        black_box(spans.clone());
    })
}

fn text(count: usize) -> Work {
    let (spans, resource) = (spans(count), encode::sdk_resource());
    let root = spans[0].span_context.span_id();
    Box::new(move || {
        black_box(__bench::encode(spans.clone(), root, &resource));
    })
}

fn proto(count: usize) -> Work {
    let (spans, resource) = (spans(count), encode::resource());
    Box::new(move || {
        black_box(encode::resource_spans(spans.clone(), &resource));
    })
}

/// Bytes that so many spans take.
#[must_use]
pub fn text_bytes(count: usize) -> usize {
    let spans = spans(count);
    let root = spans[0].span_context.span_id();
    __bench::encode(spans, root, &encode::sdk_resource()).len()
}

/// Bytes that so many spans take as `opentelemetry-proto` writes them.
#[must_use]
pub fn proto_bytes(count: usize) -> usize {
    let value = encode::resource_spans(spans(count), &encode::resource());
    value.to_string().len()
}
