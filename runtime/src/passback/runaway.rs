//! Tools that run away: the memory of a request is bounded all the same.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, Context, KeyValue, Value};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::bucket::{Bucket, Collected, MAX_OPEN_SPANS};
use super::collector::SpanCollector;
use super::limits::PassbackLimits;
use super::policy::PassbackPolicy;
use super::scope::{ScopeGuard, Subject};

/// What is kept of a request, and how much memory it took: at most at once,
/// and when it was over.
fn run(tool: impl Fn(&SdkTracer, &Context)) -> (Collected, u64) {
    let collector = SpanCollector::new();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(collector.clone())
        .build();
    let tracer = provider.tracer("test");
    let mut collected = Collected::default();
    let measured = allocation_counter::measure(|| {
        let policy = Arc::new(PassbackPolicy::default().publish("key*"));
        let limits = PassbackLimits::default();
        let bucket = Bucket::new(policy, Arc::default(), limits, u32::MAX);
        let parent = SpanId::INVALID;
        let subject = Subject::default();
        let guard = ScopeGuard::open(tracer.clone(), collector.clone(), bucket, parent, subject);
        let outside = Context::new().with_value(guard.scope().clone());
        let root = outside.with_span(tracer.start_with_context("root", &outside));
        tool(&tracer, &root);
        root.span().end();
        collected = guard.close();
    });
    assert_eq!(collector.open_spans(), 0);
    (collected, measured.bytes_max)
}

#[test]
fn a_million_spans() {
    const MADE: usize = 1_000_000;
    let (collected, bytes) = run(|tracer, root| {
        for _ in 0..MADE {
            drop(tracer.start_with_context("step", root));
        }
    });
    assert_eq!(collected.spans.len(), 256);
    assert_eq!(collected.dropped_spans, MADE + 1 - 256);
    assert!(bytes < 1_000_000, "{bytes}");
}

#[test]
fn a_million_attributes_and_events_on_one_span() {
    let (collected, bytes) = run(|_, root| {
        for number in 0..1_000_000_i64 {
            root.span().set_attribute(KeyValue::new("key", number));
            root.span().add_event("event", Vec::new());
        }
    });
    let root = &collected.spans[0];
    assert_eq!(root.attributes.len(), 1, "a key is there once");
    assert_eq!(root.dropped_attributes_count, 999_999);
    assert_eq!(root.dropped_events_count, 1_000_000);
    assert!(bytes < 1_000_000, "{bytes}");
}

#[test]
fn large_values_in_every_span() {
    // Each span has 3 MB for a moment: what its tool itself has put there.
    let (collected, bytes) = run(|tracer, root| {
        for _ in 0..300 {
            let span = root.with_span(tracer.start_with_context("step", root));
            let texts = vec!["".into(); 100_000];
            let values = [
                Value::Array(Array::String(texts)),
                "x".repeat(600_000).into(),
            ];
            for (key, value) in ["key1", "key2"].into_iter().zip(values) {
                span.span().set_attribute(KeyValue::new(key, value));
            }
            span.span().end();
        }
    });
    assert!(collected.spans.len() < 256, "bytes are bounded as well");
    assert_eq!(collected.spans.len() + collected.dropped_spans, 301);
    assert!(bytes < 10_000_000, "{bytes}");
}

#[test]
fn spans_that_stay_open_and_levels_that_do_not_end() {
    const MADE: usize = 100_000;
    for is_nested in [false, true] {
        let kept = std::cell::RefCell::new(Vec::with_capacity(MADE));
        let (collected, _) = run(|tracer, root| {
            let mut parent = root.clone();
            for _ in 0..MADE {
                let span = parent.with_span(tracer.start_with_context("open", &parent));
                if is_nested {
                    parent = span.clone();
                }
                kept.borrow_mut().push(span);
            }
            // What the spans themselves take is the tool's; their share of the
            // request is bounded.
            let scope = root.get::<super::scope::Scope>().unwrap();
            assert_eq!(scope.bucket().open_spans(), MAX_OPEN_SPANS);
        });
        assert_eq!((collected.spans.len(), collected.dropped_spans), (1, MADE));
    }
}

#[test]
fn a_hundred_thousand_levels_that_end() {
    const MADE: usize = 100_000;
    let (collected, _) = run(|tracer, root| {
        let mut spans = vec![root.clone()];
        for level in 0..MADE {
            let parent = &spans[level];
            spans.push(parent.with_span(tracer.start_with_context("level", parent)));
        }
        for span in spans.iter().skip(1).rev() {
            span.span().end();
        }
        // One below another, dropped from the deepest on.
        while spans.pop().is_some() {}
    });
    assert_eq!(collected.spans.len(), 256);
    assert_eq!(collected.dropped_spans, MADE + 1 - 256);
}
