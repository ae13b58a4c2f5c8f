//! The bounded place where the spans of one request are kept.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;

use super::counts::Counters;
use super::finished::Finished;
use super::ids::SpanIdMap;
use super::kept::Kept;
use super::limits::PassbackLimits;
use super::observed::PublicSpan;
use super::place::Place;
use super::policy::{Fate, PassbackPolicy};
use super::recorded::{Record, Recording};
use super::sync::Mutex;

/// Spans that one request may have open at the same time (ours). A span beyond
/// it is not collected, but counted.
pub(crate) const MAX_OPEN_SPANS: usize = 4096;

/// Merged and hidden spans that one request remembers after their end, for
/// children that start only then (ours). Children of others are counted.
pub(crate) const MAX_LEFT_OUT_SPANS: usize = 4096;

/// Depth of a span whose parent is not known, at least: the root is.
const LEAST_UNKNOWN_DEPTH: u32 = 2;

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
    pub(crate) spans: Vec<Finished>,
    /// Spans that were asked for but are not in `spans`: beyond a bound, held
    /// back by the policy, or still open when the request ended.
    pub(crate) dropped_spans: usize,
}

/// What a new span says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    pub(super) id: SpanId,
    pub(super) parent: SpanId,
    pub(super) is_root: bool,
    pub(super) fate: Fate,
    /// Whether the collector routes its end.
    pub(super) is_routed: bool,
}

/// A span that has not ended with its request.
#[derive(Clone, Copy, Debug)]
pub(super) struct StillOpen {
    pub(super) id: SpanId,
    pub(super) is_routed: bool,
}

#[derive(Debug, Default)]
struct State {
    open: SpanIdMap<OpenSpan>,
    kept: Kept,
    /// Merged and hidden spans that have ended.
    left_out: SpanIdMap<Place>,
    dropped: usize,
    /// The scope of the span that ended last, if Glassbox has not made it: the
    /// next one has often the same.
    last_scope: Option<Arc<InstrumentationScope>>,
    /// Whether the root has started. Other spans with its parent are none of
    /// the request's own tree.
    has_root: bool,
    closed: bool,
}

#[derive(Debug)]
struct OpenSpan {
    place: Place,
    /// Whether a span below it has failed.
    failed_below: bool,
    is_routed: bool,
    /// Its public side, if Glassbox made it and the SDK records it. It is here
    /// from the start: other code may end the current span at any time.
    public: Option<Box<PublicSpan>>,
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

    /// Tells the witness that none of the spans leaves.
    #[cfg(feature = "testing")]
    pub(super) fn note_unsearched(&self) {
        if let Some(witness) = &self.witness {
            witness.unsearched();
        }
    }

    /// Whether a test is shown what stays: all that the SDK records of a span.
    pub(super) const fn is_witnessed(&self) -> bool {
        #[cfg(feature = "testing")]
        let is_witnessed = self.witness.is_some();
        #[cfg(not(feature = "testing"))]
        let is_witnessed = false;
        is_witnessed
    }

    /// A bucket that takes nothing, of a request that did not ask.
    pub(crate) fn closed(
        policy: Arc<PassbackPolicy>,
        counters: Arc<Counters>,
        limits: PassbackLimits,
    ) -> Self {
        let bucket = Self::new(policy, counters, limits, 0);
        bucket.state.lock().closed = true;
        bucket
    }

    /// Whether the bucket takes spans: the request asked, and has not ended.
    pub(super) fn is_open(&self) -> bool {
        !self.state.lock().closed
    }

    pub(super) fn limits(&self) -> &PassbackLimits {
        &self.limits
    }

    /// Counts a round of a loop that runs without the span it would have.
    pub(super) fn skip_below(&self, parent: SpanId) {
        self.counters.unrecorded_rounds.add(1);
        let mut state = self.state.lock();
        let depth = state.place(parent).map_or(LEAST_UNKNOWN_DEPTH, |above| {
            Place::below(parent, above, Fate::Publish).depth
        });
        if !state.closed && depth <= self.max_depth {
            state.dropped += 1;
        }
    }

    pub(super) fn policy(&self) -> &PassbackPolicy {
        &self.policy
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Notes that a span has started, and says where it stands; nothing when
    /// it will not be collected: the request has ended, too many are open, or
    /// it hangs below a span that is not known, so that it could never be
    /// connected.
    pub(super) fn open(&self, span: Started) -> Option<Place> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        let place = if span.is_root && !state.has_root {
            state.has_root = true;
            Some(Place::root(span.parent))
        } else {
            let above = state.place(span.parent);
            above.map(|above| Place::below(span.parent, above, span.fate))
        };
        match place {
            Some(place) if state.open.len() < MAX_OPEN_SPANS => {
                let open = OpenSpan {
                    place,
                    failed_below: false,
                    is_routed: span.is_routed,
                    public: None,
                };
                state.open.insert(span.id, open);
                #[cfg(feature = "testing")]
                if let Some(witness) = &self.witness {
                    witness.started(span.id);
                }
                Some(place)
            }
            refused => {
                let depth = refused.map_or(LEAST_UNKNOWN_DEPTH, |place| place.depth);
                state.dropped += usize::from(depth <= self.max_depth);
                None
            }
        }
    }

    /// Spans that are open, as far as they are collected.
    #[cfg(test)]
    pub(super) fn open_spans(&self) -> usize {
        self.state.lock().open.len()
    }

    /// Takes the public side of a span that has started.
    pub(super) fn publish(&self, span: SpanId, public: Box<PublicSpan>) {
        if let Some(open) = self.state.lock().open.get_mut(&span) {
            open.public = Some(public);
        }
    }

    /// Changes the public side of an open span.
    pub(super) fn amend(&self, span: SpanId, change: impl FnOnce(&mut PublicSpan)) {
        let mut state = self.state.lock();
        let open = state.open.get_mut(&span);
        if let Some(public) = open.and_then(|open| open.public.as_mut()) {
            change(public);
        }
    }

    /// Keeps what may leave of a finished span, at the cost of others if the
    /// bucket is full.
    pub(crate) fn finish(&self, mut span: SpanData) {
        let id = span.span_context.span_id();
        let mut state = self.state.lock();
        // Not there: the request has ended, and has counted it as open.
        let Some(open) = state.open.get_mut(&id) else {
            return;
        };
        let (place, public) = (open.place, open.public.take());
        // Of our own spans nobody else says that they have failed.
        open.failed_below |= match &public {
            Some(public) => public.failure.is_some(),
            None => matches!(span.status, Status::Error { .. }),
        };
        let stays = self.stays(place);
        if stays {
            self.leave_out(&mut state, id);
        }
        #[cfg(feature = "testing")]
        if let Some(witness) = &self.witness {
            witness.ended(place, self.max_depth, &span, &self.policy);
        }
        if stays {
            return;
        }
        span.parent_span_id = place.parent;
        let public = public.map(|public| *public);
        let mut last_scope = state.last_scope.take();
        let apply = |span, last_scope: &mut _| {
            let (limits, counters) = (&self.limits, &self.counters);
            self.policy
                .apply(span, public, limits, counters, last_scope)
        };
        let span = if self.policy.has_attribute_rules() {
            // Not under the lock: the policy runs the author's functions.
            drop(state);
            let span = apply(span, &mut last_scope);
            state = self.state.lock();
            span
        } else {
            apply(span, &mut last_scope)
        };
        state.last_scope = last_scope;
        self.keep(&mut state, id, span, false);
    }

    /// Whether a span that stands there does not leave.
    fn stays(&self, place: Place) -> bool {
        place.depth > self.max_depth || place.fate != Fate::Publish
    }

    /// The same for a span that the SDK has not seen; `false` if the request has
    /// ended, and has counted it as open.
    pub(super) fn finish_recorded(
        &self,
        record: &Record,
        recording: Recording,
        end: SystemTime,
    ) -> bool {
        let (id, place) = (record.span_context.span_id(), record.place);
        let has_failed = recording.has_failed();
        if self.stays(place) {
            let mut state = self.state.lock();
            let Some(open) = state.open.get_mut(&id) else {
                return false;
            };
            open.failed_below |= has_failed;
            self.leave_out(&mut state, id);
            return true;
        }
        // Not under the lock: the policy runs the author's functions.
        let (limits, counters) = (&self.limits, &self.counters);
        let span = self
            .policy
            .apply_recorded(record, recording, end, limits, counters);
        self.keep(&mut self.state.lock(), id, span, has_failed)
    }

    /// Keeps a span that may leave, at the cost of others if the bucket is full;
    /// `false` if the request has ended.
    fn keep(&self, state: &mut State, id: SpanId, span: Finished, has_failed: bool) -> bool {
        let bytes = span.least_bytes();
        // Not there: the request has ended, and has counted it as open.
        let Some(open) = state.open.remove(&id) else {
            return false;
        };
        let has_failed = has_failed || open.failed_below;
        if has_failed {
            state.fail(open.place.parent);
        }
        state.kept.insert(span, open.place.depth, has_failed, bytes);
        while state.kept.len() > self.limits.max_spans.max(1)
            || state.kept.bytes() > self.limits.max_total_bytes
        {
            if !state.kept.make_room() {
                break;
            }
            state.dropped += 1;
        }
        true
    }

    /// Ends a span that stays, and counts it if it was asked for.
    fn leave_out(&self, state: &mut State, span: SpanId) {
        let Some(OpenSpan {
            place,
            failed_below,
            ..
        }) = state.open.remove(&span)
        else {
            return;
        };
        if failed_below && place.fate == Fate::Publish {
            state.fail(place.parent);
        }
        if place.fate != Fate::Publish && state.left_out.len() < MAX_LEFT_OUT_SPANS {
            state.left_out.insert(span, place);
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
    pub(super) fn close(&self) -> (Collected, Vec<StillOpen>) {
        let State {
            open,
            kept,
            dropped,
            ..
        } = {
            let closed = State {
                closed: true,
                ..State::default()
            };
            std::mem::replace(&mut *self.state.lock(), closed)
        };
        let is_asked = |open: &&OpenSpan| open.place.depth <= self.max_depth;
        let collected = Collected {
            dropped_spans: dropped + open.values().filter(is_asked).count(),
            spans: kept.into_spans(),
        };
        let still_open = open.into_iter().map(|(id, open)| StillOpen {
            id,
            is_routed: open.is_routed,
        });
        (collected, still_open.collect())
    }
}

impl State {
    /// Where a span stands that is open, kept, or known to be left out.
    fn place(&mut self, span: SpanId) -> Option<Place> {
        let open = self.open.get(&span).map(|open| open.place);
        open.or_else(|| self.left_out.get(&span).copied())
            .or_else(|| self.kept.place(span))
    }

    /// Lets `span` and its ancestors go last: one below them has failed.
    fn fail(&mut self, span: SpanId) {
        let mut next = Some(span);
        while let Some(span) = next {
            if let Some(open) = self.open.get_mut(&span) {
                open.failed_below = true;
                return;
            }
            next = self.kept.promote(span);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::KeyValue;
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

    fn bucket(max_spans: usize, max_depth: u32) -> Bucket {
        let limits = PassbackLimits {
            max_spans,
            ..PassbackLimits::default()
        };
        Bucket::new(Arc::default(), Arc::default(), limits, max_depth)
    }

    /// A span starts below `parent`; below span 0 it is the root.
    fn open(bucket: &Bucket, id: u64, parent: u64) -> bool {
        bucket
            .open(Started {
                id: SpanId::from(id),
                parent: SpanId::from(parent),
                is_root: parent == 0,
                fate: Fate::Publish,
                is_routed: true,
            })
            .is_some()
    }

    /// A span starts and ends.
    fn finish(bucket: &Bucket, span: SpanData) {
        let number = |id: SpanId| u64::from_be_bytes(id.to_bytes());
        let id = number(span.span_context.span_id());
        open(bucket, id, number(span.parent_span_id));
        bucket.finish(span);
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
                finish(&bucket, span(id, u64::from(id > 1), "work"));
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
        assert!(open(&bucket, 1, 0) && open(&bucket, 2, 1));
        for id in [3, 4] {
            finish(&bucket, span(id, 2, "leaf"));
        }
        bucket.finish(span(2, 1, "phase"));
        bucket.finish(span(1, 0, "root"));
        finish(&bucket, span(5, 2, "leaf"));
        let (collected, _) = bucket.close();
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
        bucket.finish(failed(3, 2));
        bucket.finish(span(2, 1, "its parent"));
        for id in 20..30 {
            finish(&bucket, span(id, 1, "ordinary"));
        }
        bucket.finish(span(1, 0, "root"));
        let (collected, _) = bucket.close();
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
        bucket.finish(span(21, 20, "its parent"));
        bucket.finish(span(20, 1, "and the one above"));
        finish(&bucket, failed(22, 21));
        for id in 2..19 {
            finish(&bucket, span(id, 1, "older, and not as deep"));
        }
        bucket.finish(span(1, 0, "root"));
        assert_eq!(ids(&bucket.close().0), [1, 20, 21, 22]);
    }

    #[test]
    fn a_failure_too_deep_to_be_shown_still_counts_for_its_ancestors() {
        let bucket = bucket(2, 1);
        assert!(open(&bucket, 1, 0) && open(&bucket, 9, 1) && open(&bucket, 10, 9));
        finish(&bucket, failed(11, 10));
        bucket.finish(span(10, 9, "deep"));
        for id in 2..7 {
            finish(&bucket, span(id, 1, "older"));
        }
        bucket.finish(span(9, 1, "phase"));
        bucket.finish(span(1, 0, "root"));
        let (collected, _) = bucket.close();
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
        bucket.finish(span(2, 1, "phase"));
        bucket.finish(span(1, 0, "root"));
        let (collected, _) = bucket.close();
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
        let (collected, _) = bucket.close();
        let longest =
            |span: &Finished| span.attributes.iter().map(|a| a.value.as_str().len()).max();
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
                bucket.finish(span(id, id - 1, "work"));
            }
            for id in 10..5_000 {
                open(&bucket, id, 2);
            }
            let (collected, _) = bucket.close();
            assert_eq!(ids(&collected).len(), if ends { 2 } else { 0 });
            let dropped = if ends { 0 } else { 2 };
            assert_eq!(collected.dropped_spans, dropped, "root and phase, if open");
        }
    }

    #[test]
    fn spans_that_outlive_the_request_are_counted_once() {
        let bucket = bucket(9, u32::MAX);
        assert!(open(&bucket, 1, 0));
        let (collected, still_open) = bucket.close();
        assert_eq!((collected.dropped_spans, still_open.len()), (1, 1));
        bucket.finish(span(1, 0, "late"));
        assert!(!open(&bucket, 2, 1), "nothing opens after the end");
        assert_eq!(bucket.close().0.dropped_spans, 0);
    }

    #[test]
    fn bounds_spans_that_never_end() {
        for (made, opened) in [(4_095, 4_095), (4_096, 4_096), (4_097, 4_096)] {
            let bucket = bucket(9, u32::MAX);
            let taken = (1..=made).filter(|id| open(&bucket, *id, u64::from(*id > 1)));
            assert_eq!(taken.count(), opened);
            let dropped = bucket.close().0.dropped_spans;
            assert_eq!(dropped, usize::try_from(made).unwrap());
        }
    }
}
