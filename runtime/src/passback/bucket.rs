//! The bounded place where the spans of one request are kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::Value;
use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;

use super::counts::Counters;
use super::limits::PassbackLimits;
use super::observed::PublicSpan;
use super::place::Place;
use super::policy::{Fate, PassbackPolicy};

/// Spans that one request may have open at the same time (ours). A span beyond
/// it is not collected, but counted.
pub(crate) const MAX_OPEN_SPANS: usize = 4096;

/// Merged spans that one request remembers after their end, for children that
/// start only then (ours). Children of others are not connected, and counted.
pub(crate) const MAX_MERGED_SPANS: usize = 4096;

/// Least bytes of OTLP JSON that a span takes without names and attributes.
const MIN_SPAN_BYTES: usize = 180;

/// The spans of one request, while it runs. What may not leave is not kept.
#[derive(Debug)]
pub(crate) struct Bucket {
    policy: Arc<PassbackPolicy>,
    counters: Arc<Counters>,
    limits: PassbackLimits,
    /// Spans deeper below the root than this were not asked for.
    max_depth: u32,
    state: Mutex<State>,
    /// Who is shown what stays, in a test.
    #[cfg(feature = "testing")]
    witness: Option<super::witness::Witness>,
}

/// What a request has left behind when its root span has ended.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Finished spans, as they may leave.
    pub(crate) spans: Vec<SpanData>,
    /// Spans that were recorded but are not in `spans`: beyond a bound, or
    /// still open when the request ended.
    pub(crate) dropped_spans: usize,
}

/// In which order spans make room: the greatest goes first. Failed spans,
/// their ancestors and the root go last, and of all others the deepest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_ordinary: bool,
    depth: u32,
}

#[derive(Debug, Default)]
struct State {
    /// Finished spans; those of one rank in the order they ended.
    finished: BTreeMap<Rank, Vec<SpanData>>,
    finished_count: usize,
    /// Less than the spans take in the answer.
    finished_bytes: usize,
    open: HashSet<SpanId>,
    /// Open spans with a failed span below them.
    failed_below: HashSet<SpanId>,
    /// Public sides of open spans. They are here from the start: other code
    /// may end the current span at any time.
    public: HashMap<SpanId, PublicSpan>,
    /// Merged spans that have ended.
    merged: HashMap<SpanId, Place>,
    dropped: usize,
    closed: bool,
}

impl Bucket {
    /// An empty bucket for spans that are no deeper below the root than
    /// `max_depth`.
    pub(crate) fn new(
        policy: Arc<PassbackPolicy>,
        counters: Arc<Counters>,
        limits: PassbackLimits,
        max_depth: u32,
    ) -> Self {
        Self {
            policy,
            counters,
            limits,
            max_depth,
            state: Mutex::default(),
            #[cfg(feature = "testing")]
            witness: None,
        }
    }

    /// Shows every span to `witness` as well, also what stays of it.
    #[cfg(feature = "testing")]
    pub(crate) fn with_witness(self, witness: Option<super::witness::Witness>) -> Self {
        Self { witness, ..self }
    }

    /// A bucket that takes nothing, of a request that did not ask.
    pub(crate) fn closed(
        policy: Arc<PassbackPolicy>,
        counters: Arc<Counters>,
        limits: PassbackLimits,
    ) -> Self {
        let bucket = Self::new(policy, counters, limits, 0);
        bucket.state().closed = true;
        bucket
    }

    /// Whether the bucket takes spans: the request asked, and has not ended.
    pub(super) fn is_open(&self) -> bool {
        !self.state().closed
    }

    pub(super) fn max_value_length_bytes(&self) -> usize {
        self.limits.max_value_length_bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a span has started; `false` when it will not be collected.
    pub(crate) fn open(&self, span: SpanId) -> bool {
        let mut state = self.state();
        let taken = !state.closed && state.open.len() < MAX_OPEN_SPANS && state.open.insert(span);
        if !taken {
            state.dropped += 1;
        }
        #[cfg(feature = "testing")]
        if let Some(witness) = self.witness.as_ref().filter(|_| taken) {
            witness.started(span);
        }
        taken
    }

    /// Counts a round of a loop that runs without the span it would have.
    pub(super) fn skip(&self, place: Place) {
        self.counters.unrecorded_rounds.add(1);
        let mut state = self.state();
        if !state.closed && place.depth <= self.max_depth {
            state.dropped += 1;
        }
    }

    /// Takes the public side of a span that has started.
    pub(super) fn publish(&self, span: SpanId, public: PublicSpan) {
        let mut state = self.state();
        if state.open.contains(&span) {
            state.public.insert(span, public);
        }
    }

    /// Changes the public side of an open span.
    pub(super) fn amend(&self, span: SpanId, change: impl FnOnce(&mut PublicSpan)) {
        if let Some(public) = self.state().public.get_mut(&span) {
            change(public);
        }
    }

    pub(super) fn policy(&self) -> &PassbackPolicy {
        &self.policy
    }

    /// Where a merged span stood that has ended.
    pub(super) fn merged(&self, span: SpanId) -> Option<Place> {
        self.state().merged.get(&span).copied()
    }

    /// Keeps what may leave of a finished span, at the cost of others if the
    /// bucket is full.
    pub(crate) fn finish(&self, place: Place, mut span: SpanData) {
        #[cfg(feature = "testing")]
        if let Some(witness) = &self.witness {
            witness.ended(place, self.max_depth, &span, &self.policy);
        }
        let id = span.span_context.span_id();
        let public = {
            let mut state = self.state();
            let public = state.public.remove(&id);
            if state.closed || place.depth > self.max_depth || place.fate != Fate::Publish {
                state.open.remove(&id);
                state.failed_below.remove(&id);
                if !state.closed {
                    self.leave_out(&mut state, id, place);
                }
                return;
            }
            public
        };
        // Not under the lock: the policy runs the author's functions.
        span.parent_span_id = place.parent;
        let span = self.policy.apply(
            span,
            public,
            self.limits.max_value_length_bytes,
            &self.counters,
        );
        let mut state = self.state();
        if state.closed {
            // Closed meanwhile, which has counted it as open.
            return;
        }
        state.open.remove(&id);
        let failed_below = state.failed_below.remove(&id);
        let is_failed = failed_below || matches!(span.status, Status::Error { .. });
        if is_failed && state.open.contains(&span.parent_span_id) {
            state.failed_below.insert(span.parent_span_id);
        }
        state.insert(
            Rank {
                is_ordinary: !is_failed && place.depth > 0,
                depth: place.depth,
            },
            span,
        );
        while state.finished_count > self.limits.max_spans.max(1)
            || state.finished_bytes > self.limits.max_total_bytes
        {
            if !state.make_room() {
                break;
            }
        }
    }

    /// Counts a span that the policy leaves out, if it was asked for.
    fn leave_out(&self, state: &mut State, span: SpanId, place: Place) {
        if place.fate == Fate::Merge && state.merged.len() < MAX_MERGED_SPANS {
            state.merged.insert(span, place);
        }
        if place.depth > self.max_depth {
            return;
        }
        state.dropped += 1;
        match place.fate {
            Fate::Merge => self.counters.merged_spans.add(1),
            Fate::Hide => self.counters.hidden_spans.add(1),
            Fate::Publish => {}
        }
    }

    /// Takes what was collected and the spans that are still open. Whatever
    /// ends later is not taken; this call has counted it already.
    pub(crate) fn close(&self) -> (Collected, HashSet<SpanId>) {
        let mut state = {
            let mut current = self.state();
            let closed = State {
                closed: true,
                ..State::default()
            };
            std::mem::replace(&mut *current, closed)
        };
        let open = std::mem::take(&mut state.open);
        let collected = Collected {
            spans: std::mem::take(&mut state.finished)
                .into_values()
                .flatten()
                .collect(),
            dropped_spans: state.dropped + open.len(),
        };
        (collected, open)
    }
}

impl State {
    fn insert(&mut self, rank: Rank, span: SpanData) {
        self.finished_count += 1;
        self.finished_bytes += least_bytes(&span);
        self.finished.entry(rank).or_default().push(span);
    }

    /// Drops the span that goes first: the youngest of the greatest rank.
    fn make_room(&mut self) -> bool {
        let Some(mut greatest) = self.finished.last_entry() else {
            return false;
        };
        if let Some(span) = greatest.get_mut().pop() {
            self.finished_count -= 1;
            self.finished_bytes -= least_bytes(&span);
            self.dropped += 1;
        }
        if greatest.get().is_empty() {
            greatest.remove();
        }
        true
    }
}

/// Bytes that a span takes in the answer at least: texts are written as they
/// are or longer.
fn least_bytes(span: &SpanData) -> usize {
    let value_bytes = |value: &Value| match value {
        Value::String(text) => text.as_str().len(),
        _ => 0,
    };
    let attributes = span.attributes.iter();
    MIN_SPAN_BYTES
        + span.name.len()
        + attributes
            .map(|attribute| attribute.key.as_str().len() + value_bytes(&attribute.value))
            .sum::<usize>()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceFlags, TraceId, TraceState};
    use opentelemetry::{InstrumentationScope, KeyValue};

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

    /// A span ends that stands where it says.
    fn finish(bucket: &Bucket, depth: u32, span: SpanData) {
        let place = Place {
            depth,
            fate: Fate::Publish,
            parent: span.parent_span_id,
        };
        bucket.finish(place, span);
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
            let bucket = bucket(3, u32::MAX);
            for id in 1..=made {
                assert!(bucket.open(SpanId::from(id)));
                finish(&bucket, 1, span(id, 0, "work"));
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
        let bucket = bucket(2, u32::MAX);
        finish(&bucket, 2, span(1, 9, "leaf"));
        finish(&bucket, 2, span(2, 9, "leaf"));
        finish(&bucket, 1, span(9, 8, "phase"));
        finish(&bucket, 0, span(8, 0, "root"));
        finish(&bucket, 2, span(3, 9, "leaf"));
        let (collected, _) = bucket.close();
        assert_eq!(ids(&collected), [8, 9]);
        assert_eq!(collected.dropped_spans, 3);
    }

    #[test]
    fn a_failed_span_and_its_ancestors_outlast_all_others() {
        let bucket = bucket(4, u32::MAX);
        for id in 10..20 {
            finish(&bucket, 1, span(id, 1, "ordinary"));
        }
        for id in [3, 2, 1] {
            assert!(bucket.open(SpanId::from(id)));
        }
        let mut failed = span(3, 2, "failed");
        failed.status = Status::error("");
        finish(&bucket, 2, failed);
        finish(&bucket, 1, span(2, 1, "its parent"));
        for id in 20..30 {
            finish(&bucket, 1, span(id, 1, "ordinary"));
        }
        finish(&bucket, 0, span(1, 0, "root"));
        let (collected, _) = bucket.close();
        assert_eq!(ids(&collected), [1, 2, 3, 10]);
        assert_eq!(collected.dropped_spans, 19);
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
            let mut span = span(id, 0, "work");
            span.attributes
                .push(KeyValue::new("text", "x".repeat(1_000_000)));
            finish(&bucket, 1, span);
        }
        let (collected, _) = bucket.close();
        let longest =
            |span: &SpanData| span.attributes.iter().map(|a| a.value.as_str().len()).max();
        assert!(
            collected
                .spans
                .iter()
                .all(|span| longest(span) == Some(1024))
        );
        assert_eq!(collected.spans.len(), 8);
        assert_eq!(collected.dropped_spans, 92);
    }

    #[test]
    fn what_was_not_asked_for_is_neither_kept_nor_counted() {
        let bucket = bucket(9, 1);
        for depth in 0..4 {
            finish(&bucket, depth, span(u64::from(depth) + 1, 0, "work"));
        }
        let (collected, _) = bucket.close();
        assert_eq!(ids(&collected), [1, 2]);
        assert_eq!(collected.dropped_spans, 0);
    }

    #[test]
    fn spans_that_outlive_the_request_are_counted_once() {
        let bucket = bucket(9, u32::MAX);
        assert!(bucket.open(SpanId::from(1)));
        let (collected, open) = bucket.close();
        assert_eq!((collected.dropped_spans, open.len()), (1, 1));
        finish(&bucket, 1, span(1, 0, "late"));
        assert!(!bucket.open(SpanId::from(2)), "nothing opens after the end");
    }

    #[test]
    fn bounds_spans_that_never_end() {
        let bucket = bucket(9, u32::MAX);
        let opened = (1..=5000)
            .filter(|id| bucket.open(SpanId::from(*id)))
            .count();
        assert_eq!(opened, MAX_OPEN_SPANS);
        assert_eq!(bucket.close().0.dropped_spans, 5000);
    }
}
