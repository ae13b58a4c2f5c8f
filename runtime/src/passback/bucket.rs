//! The bounded place where the spans of one request are kept.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

/// Spans that one request may have open at the same time (ours). A span beyond
/// it is not collected, but counted.
pub(crate) const MAX_OPEN_SPANS: usize = 4096;

/// The spans of one request, while it runs.
#[derive(Debug)]
pub(crate) struct Bucket {
    max_spans: usize,
    /// Spans deeper below the root than this were not asked for.
    max_depth: u32,
    state: Mutex<State>,
}

/// What a request has left behind when its root span has ended.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Finished spans.
    pub(crate) spans: Vec<SpanData>,
    /// Attribute keys that phases of this request declared.
    pub(crate) declared_keys: Vec<&'static str>,
    /// Spans that were recorded but are not in `spans`: beyond the bound, or
    /// still open when the request ended.
    pub(crate) dropped_spans: usize,
}

#[derive(Debug, Default)]
struct State {
    /// Finished spans by their depth below the root: when the bucket is full,
    /// the deepest and youngest make room.
    finished: BTreeMap<u32, Vec<SpanData>>,
    finished_count: usize,
    open: HashSet<SpanId>,
    declared_keys: Vec<&'static str>,
    dropped: usize,
    closed: bool,
}

impl Bucket {
    /// An empty bucket for at most `max_spans` finished spans, none deeper
    /// below the root than `max_depth`.
    pub(crate) fn new(max_spans: usize, max_depth: u32) -> Self {
        Self {
            max_spans: max_spans.max(1),
            max_depth,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a span has started; `false` when it will not be collected.
    pub(crate) fn open(&self, span: SpanId) -> bool {
        let mut state = self.state();
        let taken = !state.closed && state.open.len() < MAX_OPEN_SPANS && state.open.insert(span);
        if !taken {
            state.dropped += 1;
        }
        taken
    }

    /// Keeps a finished span, at the cost of a deeper one if the bucket is full.
    pub(crate) fn finish(&self, depth: u32, span: SpanData) {
        let mut state = self.state();
        state.open.remove(&span.span_context.span_id());
        if state.closed || depth > self.max_depth {
            return;
        }
        if state.finished_count >= self.max_spans {
            state.dropped += 1;
            let Some(mut deepest) = state.finished.last_entry() else {
                return;
            };
            if *deepest.key() <= depth {
                return;
            }
            deepest.get_mut().pop();
            if deepest.get().is_empty() {
                deepest.remove();
            }
            state.finished_count -= 1;
        }
        state.finished_count += 1;
        state.finished.entry(depth).or_default().push(span);
    }

    /// Notes attribute keys that the author declared on a phase.
    pub(crate) fn declare(&self, keys: impl Iterator<Item = &'static str>) {
        let mut state = self.state();
        for key in keys {
            if !state.declared_keys.contains(&key) {
                state.declared_keys.push(key);
            }
        }
    }

    /// Takes what was collected and the spans that are still open. Whatever
    /// ends later is not taken; this call has counted it already.
    pub(crate) fn close(&self) -> (Collected, HashSet<SpanId>) {
        let mut state = self.state();
        state.closed = true;
        let open = std::mem::take(&mut state.open);
        let collected = Collected {
            spans: std::mem::take(&mut state.finished)
                .into_values()
                .flatten()
                .collect(),
            declared_keys: std::mem::take(&mut state.declared_keys),
            dropped_spans: state.dropped + open.len(),
        };
        (collected, open)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceFlags, TraceId, TraceState};

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

    fn ids(collected: &Collected) -> Vec<u64> {
        let mut ids: Vec<_> = collected
            .spans
            .iter()
            .map(|span| u64::from_be_bytes(span.span_context.span_id().to_bytes()))
            .collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn keeps_up_to_the_bound_and_counts_the_rest() {
        for (made, kept) in [(2, 2), (3, 3), (4, 3)] {
            let bucket = Bucket::new(3, u32::MAX);
            for id in 1..=made {
                assert!(bucket.open(SpanId::from(id)));
                bucket.finish(1, span(id, 0, "work"));
            }
            let (collected, _) = bucket.close();
            assert_eq!(collected.spans.len(), kept);
            assert_eq!(
                collected.dropped_spans,
                usize::try_from(made).unwrap() - kept
            );
        }
    }

    #[test]
    fn deeper_and_younger_spans_make_room() {
        let bucket = Bucket::new(2, u32::MAX);
        bucket.finish(2, span(1, 9, "leaf"));
        bucket.finish(2, span(2, 9, "leaf"));
        bucket.finish(1, span(9, 8, "phase"));
        bucket.finish(0, span(8, 0, "root"));
        bucket.finish(2, span(3, 9, "leaf"));
        let (collected, _) = bucket.close();
        assert_eq!(ids(&collected), [8, 9]);
        assert_eq!(collected.dropped_spans, 3);
    }

    #[test]
    fn what_was_not_asked_for_is_neither_kept_nor_counted() {
        let bucket = Bucket::new(9, 1);
        for depth in 0..4 {
            bucket.finish(depth, span(u64::from(depth) + 1, 0, "work"));
        }
        let (collected, _) = bucket.close();
        assert_eq!(ids(&collected), [1, 2]);
        assert_eq!(collected.dropped_spans, 0);
    }

    #[test]
    fn spans_that_outlive_the_request_are_counted_once() {
        let bucket = Bucket::new(9, u32::MAX);
        assert!(bucket.open(SpanId::from(1)));
        let (collected, open) = bucket.close();
        assert_eq!((collected.dropped_spans, open.len()), (1, 1));
        bucket.finish(1, span(1, 0, "late"));
        assert!(!bucket.open(SpanId::from(2)), "nothing opens after the end");
    }

    #[test]
    fn bounds_spans_that_never_end() {
        let bucket = Bucket::new(9, u32::MAX);
        let opened = (1..=5000)
            .filter(|id| bucket.open(SpanId::from(*id)))
            .count();
        assert_eq!(opened, MAX_OPEN_SPANS);
        assert_eq!(bucket.close().0.dropped_spans, 5000);
    }
}
