//! What is kept of a request, and what is counted.

use std::time::{Duration, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanKind, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::SpanData;

use super::super::otlp::{SpanView, SpanWriter};
use super::*;

/// A span of trace 1 that lasts from `start` to `start + 1` milliseconds.
pub(crate) fn span(id: u64, parent: u64, name: &'static str) -> SpanData {
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_000 + id);
    SpanData {
        span_context: SpanContext::new(
            TraceId::from(1),
            SpanId::from(id),
            TraceFlags::default(),
            false,
            TraceState::default(),
        ),
        parent_span_id: SpanId::from(parent),
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: start,
        end_time: start + Duration::from_millis(1),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: opentelemetry_sdk::trace::SpanEvents::default(),
        links: opentelemetry_sdk::trace::SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

fn bucket(max_spans: usize, max_depth: u32) -> Bucket {
    let limits = PassbackLimits {
        max_spans,
        ..PassbackLimits::default()
    };
    Bucket::new(Arc::default(), Arc::default(), limits, max_depth)
}

/// A span starts below `parent`; below span 0 it is the root.
fn open(bucket: &Bucket, id: u64, parent: u64) -> bool {
    let span = span(id, parent, "").span_context;
    let started = Started {
        span: &span,
        parent: SpanId::from(parent),
        is_root: parent == 0,
        fate: Fate::Publish,
        is_routed: true,
    };
    bucket.open(started, |_| (), |_| ()).is_some()
}

/// A span that has started ends.
fn end(bucket: &Bucket, mut span: SpanData) {
    let key = bucket.state.lock().slots.key(span.span_context.span_id());
    if let Some(key) = key {
        bucket.end_by_sdk(key, &mut span);
    }
}

/// A span starts and ends.
fn finish(bucket: &Bucket, span: SpanData) {
    let number = |id: SpanId| u64::from_be_bytes(id.to_bytes());
    let id = number(span.span_context.span_id());
    open(bucket, id, number(span.parent_span_id));
    end(bucket, span);
}

/// What Glassbox has made public of a span.
#[derive(Clone, Default)]
pub(crate) struct Public {
    pub(crate) name: &'static str,
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) failure: Option<&'static str>,
    pub(crate) links: usize,
    pub(crate) excess_links: u32,
}

/// What leaves of a request with this one span, which is the root.
pub(crate) fn leaves(
    span: SpanData,
    public: Option<Public>,
    policy: &PassbackPolicy,
    limits: PassbackLimits,
    counters: &Arc<Counters>,
) -> Finished {
    let policy = Arc::new(policy.clone());
    let bucket = Bucket::new(policy, Arc::clone(counters), limits, u32::MAX);
    assert!(open(&bucket, 1, 0));
    if let Some(public) = public {
        let key = bucket.publish(SpanId::from(1), |span| {
            span.rest_mut().public_links = public.links;
            (span.name, span.attributes) = (public.name.into(), public.attributes);
            span.dropped_links_count = public.excess_links;
        });
        if let Some(text) = public.failure {
            bucket.fail(key.unwrap(), text.into());
        }
    }
    end(&bucket, span);
    bucket.close().collected.spans.remove(0)
}

fn ids(collected: &Collected) -> Vec<u64> {
    let mut ids: Vec<_> = collected
        .spans
        .iter()
        .map(|span| u64::from_be_bytes(span.id.to_bytes()))
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn keeps_up_to_the_bound_and_counts_the_rest() {
    for (made, kept) in [(2, 2), (3, 3), (4, 3)] {
        let bucket = bucket(3, u32::MAX);
        for id in 1..=made {
            finish(&bucket, span(id, u64::from(id > 1), "work"));
        }
        let collected = bucket.close().collected;
        assert_eq!(collected.spans.len(), kept);
        assert_eq!(
            collected.dropped_spans,
            usize::try_from(made).unwrap() - kept
        );
    }
}

#[test]
fn deeper_and_younger_spans_make_room() {
    let bucket = bucket(2, u32::MAX);
    assert!(open(&bucket, 1, 0) && open(&bucket, 2, 1));
    for id in [3, 4] {
        finish(&bucket, span(id, 2, "leaf"));
    }
    end(&bucket, span(2, 1, "phase"));
    end(&bucket, span(1, 0, "root"));
    finish(&bucket, span(5, 2, "leaf"));
    let collected = bucket.close().collected;
    assert_eq!(ids(&collected), [1, 2]);
    assert_eq!(collected.dropped_spans, 3);
}

#[test]
fn a_failed_span_and_its_ancestors_outlast_all_others() {
    let bucket = bucket(4, u32::MAX);
    assert!(open(&bucket, 1, 0));
    for id in 10..20 {
        finish(&bucket, span(id, 1, "ordinary"));
    }
    assert!(open(&bucket, 2, 1) && open(&bucket, 3, 2));
    end(&bucket, failed(3, 2));
    end(&bucket, span(2, 1, "its parent"));
    for id in 20..30 {
        finish(&bucket, span(id, 1, "ordinary"));
    }
    end(&bucket, span(1, 0, "root"));
    let collected = bucket.close().collected;
    assert_eq!(ids(&collected), [1, 2, 3, 10]);
    assert_eq!(collected.dropped_spans, 19);
}

fn failed(id: u64, parent: u64) -> SpanData {
    let mut span = span(id, parent, "failed");
    span.status = Status::error("");
    span
}

#[test]
fn ancestors_outlast_others_even_if_they_end_before_the_failure() {
    let bucket = bucket(4, u32::MAX);
    assert!(open(&bucket, 1, 0) && open(&bucket, 20, 1) && open(&bucket, 21, 20));
    end(&bucket, span(21, 20, "its parent"));
    end(&bucket, span(20, 1, "and the one above"));
    finish(&bucket, failed(22, 21));
    for id in 2..19 {
        finish(&bucket, span(id, 1, "older, and not as deep"));
    }
    end(&bucket, span(1, 0, "root"));
    assert_eq!(ids(&bucket.close().collected), [1, 20, 21, 22]);
}

#[test]
fn a_failure_too_deep_to_be_shown_still_counts_for_its_ancestors() {
    let bucket = bucket(2, 1);
    assert!(open(&bucket, 1, 0) && open(&bucket, 9, 1) && open(&bucket, 10, 9));
    finish(&bucket, failed(11, 10));
    end(&bucket, span(10, 9, "deep"));
    for id in 2..7 {
        finish(&bucket, span(id, 1, "older"));
    }
    end(&bucket, span(9, 1, "phase"));
    end(&bucket, span(1, 0, "root"));
    let collected = bucket.close().collected;
    assert_eq!(ids(&collected), [1, 9]);
    assert_eq!(collected.dropped_spans, 5);
}

#[test]
fn what_cannot_be_connected_takes_nobodys_room() {
    let bucket = bucket(3, u32::MAX);
    assert!(open(&bucket, 1, 0) && open(&bucket, 2, 1));
    finish(&bucket, span(3, 2, "connected"));
    for id in 10..20 {
        assert!(!open(&bucket, id, 99), "below a span that is not known");
        assert!(!open(&bucket, id, 0), "there is a root already");
    }
    end(&bucket, span(2, 1, "phase"));
    end(&bucket, span(1, 0, "root"));
    let collected = bucket.close().collected;
    assert_eq!(ids(&collected), [1, 2, 3]);
    assert_eq!(collected.dropped_spans, 20);
}

#[test]
fn bytes_are_bounded_while_recording() {
    let limits = PassbackLimits {
        max_total_bytes: 10_000,
        ..PassbackLimits::default()
    };
    let policy = PassbackPolicy::default().publish("text");
    let bucket = Bucket::new(Arc::new(policy), Arc::default(), limits, u32::MAX);
    for id in 1..=100 {
        let mut span = span(id, u64::from(id > 1), "work");
        let text = "x".repeat(1_000_000);
        span.attributes.push(KeyValue::new("text", text));
        finish(&bucket, span);
    }
    let collected = bucket.close().collected;
    let longest = |span: &Finished| span.attributes.iter().map(|a| a.value.as_str().len()).max();
    let mut spans = collected.spans.iter();
    assert!(spans.all(|span| longest(span) == Some(1024)));
    assert_eq!(collected.spans.len(), 8);
    assert_eq!(collected.dropped_spans, 92);
}

#[test]
fn what_was_not_asked_for_is_neither_kept_nor_counted() {
    for ends in [true, false] {
        let bucket = bucket(9, 1);
        for id in 1..=4 {
            assert!(open(&bucket, id, id - 1));
        }
        for id in (if ends { 1 } else { 3 })..=4 {
            end(&bucket, span(id, id - 1, "work"));
        }
        for id in 10..5_000 {
            open(&bucket, id, 2);
        }
        let collected = bucket.close().collected;
        assert_eq!(ids(&collected).len(), if ends { 2 } else { 0 });
        let dropped = if ends { 0 } else { 2 };
        assert_eq!(collected.dropped_spans, dropped, "root and phase, if open");
    }
}

#[test]
fn spans_that_outlive_the_request_are_counted_once() {
    let bucket = bucket(9, u32::MAX);
    assert!(open(&bucket, 1, 0));
    let Closed {
        collected,
        still_open,
        ..
    } = bucket.close();
    assert_eq!((collected.dropped_spans, still_open.len()), (1, 1));
    end(&bucket, span(1, 0, "late"));
    assert!(!open(&bucket, 2, 1), "nothing opens after the end");
    assert_eq!(bucket.close().collected.dropped_spans, 0);
}

#[test]
fn bounds_spans_that_never_end() {
    for (made, opened) in [(4_095, 4_095), (4_096, 4_096), (4_097, 4_096)] {
        let bucket = bucket(9, u32::MAX);
        let taken = (1..=made).filter(|id| open(&bucket, *id, u64::from(*id > 1)));
        assert_eq!(taken.count(), opened);
        let dropped = bucket.close().collected.dropped_spans;
        assert_eq!(dropped, usize::try_from(made).unwrap());
    }
}

#[test]
fn a_span_of_another_trace_says_so() {
    let bucket = bucket(9, u32::MAX);
    let state = |value: &str| TraceState::from_key_value([("key", value)]).unwrap();
    let spans = [(1, 1, "a"), (2, 1, "a"), (3, 2, "a"), (4, 1, "b")];
    for (id, trace, value) in spans {
        let (trace, id, flags) = (TraceId::from(trace), SpanId::from(id), TraceFlags::SAMPLED);
        let span = SpanContext::new(trace, id, flags, false, state(value));
        let parent = SpanId::from(u64::from(id != SpanId::from(1)));
        let started = Started {
            span: &span,
            parent,
            is_root: parent == SpanId::INVALID,
            fate: Fate::Publish,
            is_routed: false,
        };
        let key = bucket.open(started, |_| (), |_| ()).unwrap();
        assert_eq!(bucket.end_recorded(key, SystemTime::now()), Some(id));
    }
    let collected = bucket.close().collected;
    for (span, (id, trace, value)) in collected.spans.iter().zip(spans) {
        let mut writer = SpanWriter::new(99);
        writer.write(SpanView::of(span, &collected.trace));
        let written = String::from_utf8(writer.into_json()).unwrap();
        let ids = format!("{{\"traceId\":\"{trace:032x}\",\"spanId\":\"{id:016x}\"");
        assert!(written.starts_with(&ids), "{written}");
        let rest = format!("\"traceState\":\"key={value}\",\"flags\":257,");
        assert!(written.contains(&rest), "{written}");
        assert_eq!(span.rest().is_some(), id > 2, "most are of one trace");
    }
}
