//! The bounded place where the spans of one request are kept.

use std::borrow::Cow;
use std::sync::{Arc, MutexGuard};
use std::time::SystemTime;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;

use super::counts::{Counters, count};
use super::finished::Finished;
use super::ids::SpanIdMap;
use super::limits::PassbackLimits;
use super::place::Place;
use super::policy::{Fate, Others, PassbackPolicy, recorded_by};
use super::scope::OWN_SCOPE;
use super::slots::{Rest, SlotKey, Slots, StillOpen};
use super::sync::Mutex;
use super::value::shorten_text;

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

/// A request that has been closed.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) collected: Collected,
    pub(super) still_open: Vec<StillOpen>,
    /// The most spans it had at the same time, open or kept.
    pub(super) most_spans: usize,
}

/// What a new span says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    pub(super) parent: SpanId,
    pub(super) is_root: bool,
    pub(super) fate: Fate,
    /// Whether the collector routes its end.
    pub(super) is_routed: bool,
}

#[derive(Debug, Default)]
struct State {
    slots: Slots,
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

    /// Makes room for so many spans, once there is one.
    pub(super) fn expect(&self, spans: usize) {
        self.state.lock().slots.expect(spans);
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

    /// Takes a span that has started, and lets `register` know where it is;
    /// nothing when it will not be collected: the request has ended, too many
    /// are open, or it hangs below a span that is not known, so that it could
    /// never be connected. `describe` says what is known of it, as far as that
    /// is kept: of a span that stays, which one it is.
    ///
    /// Both run under the lock: a request that closes either finds the span open
    /// and registered, or refuses it.
    pub(super) fn open(
        &self,
        started: Started,
        describe: impl FnOnce(bool) -> Finished,
        register: impl FnOnce(SlotKey),
    ) -> Option<SlotKey> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        let place = if started.is_root && !state.has_root {
            state.has_root = true;
            Some(Place::root(started.parent))
        } else {
            let above = state.place(started.parent);
            above.map(|above| Place::below(started.parent, above, started.fate))
        };
        match place {
            Some(place) if state.slots.open() < MAX_OPEN_SPANS => {
                let stays = place.depth > self.max_depth || place.fate != Fate::Publish;
                let span = describe(stays);
                #[cfg(feature = "testing")]
                if let Some(witness) = &self.witness {
                    witness.started(span.span_context.span_id());
                }
                let how = (stays, started.is_routed);
                let key = state.slots.start(place, how, span);
                register(key);
                Some(key)
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
        self.state.lock().slots.open()
    }

    /// Whether a span is open.
    pub(super) fn is_open_span(&self, key: SlotKey) -> bool {
        self.state.lock().slots.open_mut(key).is_some()
    }

    /// Changes what is recorded of an open span, unless nothing of it leaves.
    pub(super) fn change(&self, key: SlotKey, change: impl FnOnce(&mut Finished)) {
        let mut state = self.state.lock();
        if let Some(span) = state.slots.open_mut(key)
            && !span.notes.stays
        {
            change(span);
        }
    }

    /// Adds the public side of a span that the SDK has just made for Glassbox;
    /// says where it is, if it is collected.
    pub(super) fn publish(
        &self,
        span: SpanId,
        publish: impl FnOnce(&mut Finished),
    ) -> Option<SlotKey> {
        let mut state = self.state.lock();
        let key = state.slots.key(span)?;
        let span = state.slots.open_mut(key)?;
        span.notes.is_ours = true;
        if !span.notes.stays {
            publish(span);
        }
        Some(key)
    }

    /// Notes that an open span of Glassbox's own has failed, and why.
    pub(super) fn fail(&self, key: SlotKey, text: Cow<'static, str>) {
        if let Some(span) = self.state.lock().slots.open_mut(key) {
            span.status = Status::error(text);
        }
    }

    /// Ends a span that the SDK has not seen; `false` if the request has ended,
    /// and has counted it as open, or the span has ended before.
    pub(super) fn end_recorded(&self, key: SlotKey, end: SystemTime) -> bool {
        let mut state = self.state.lock();
        let Some(span) = state.slots.end(key) else {
            return false;
        };
        span.end_time = end;
        let Rest {
            attribute_count,
            private,
        } = std::mem::take(&mut span.notes.rest);
        let mut private = private.map(|private| *private).unwrap_or_default();
        let others = Others {
            scope: OWN_SCOPE,
            recorded_count: usize::try_from(attribute_count)
                .unwrap_or(usize::MAX)
                .min(self.limits.max_attributes()),
            all_count: attribute_count,
            attributes: &mut private.attributes,
            status: &private.status,
        };
        self.finish(state, key, others)
    }

    /// Ends a span that the SDK has made, and takes what leaves out of it.
    pub(super) fn end_by_sdk(&self, key: SlotKey, data: &mut SpanData) {
        let mut state = self.state.lock();
        let State {
            slots, last_scope, ..
        } = &mut *state;
        // Not there: the request has ended, and has counted it as open.
        let Some(span) = slots.end(key) else {
            return;
        };
        #[cfg(feature = "testing")]
        if let Some(witness) = &self.witness {
            witness.ended(span.place(), self.max_depth, data, &self.policy);
        }
        // Of our own spans nobody else says that they have failed.
        if !span.notes.is_ours && matches!(data.status, Status::Error { .. }) {
            span.status = Status::error("");
        }
        if !span.notes.stays {
            span.take_frame(data);
            if !span.notes.is_ours {
                let max_bytes = self.limits.max_value_length_bytes;
                span.name = std::mem::take(&mut data.name);
                let was_cut = shorten_text(&mut span.name, max_bytes);
                self.counters.count_cut(was_cut);
                span.recorded_by = recorded_by(&data.instrumentation_scope, max_bytes, last_scope);
            }
        }
        let recorded_count = data.attributes.len();
        let others = Others {
            scope: data.instrumentation_scope.name(),
            recorded_count,
            // What the SDK had no room for counts as well, except where it is
            // public and so leaves after all.
            all_count: count(recorded_count).saturating_add(data.dropped_attributes_count),
            attributes: &mut data.attributes,
            status: &data.status,
        };
        self.finish(state, key, others);
    }

    /// Keeps what may leave of a span that has ended; `false` if the request has
    /// ended.
    fn finish<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        key: SlotKey,
        others: Others<'_>,
    ) -> bool {
        let Some(span) = state.slots.ending_mut(key) else {
            return false;
        };
        if span.notes.stays {
            self.leave_out(&mut state, key);
            return true;
        }
        if self.policy.has_attribute_rules() {
            let declared = std::mem::take(&mut span.attributes);
            // Not under the lock: the policy runs the author's functions.
            drop(state);
            let attributes = std::mem::take(others.attributes);
            let (scope, counters) = (others.scope, &self.counters);
            let admitted = self.policy.admit_all(scope, declared, attributes, counters);
            state = self.state.lock();
            // Not there: the request has ended, and has counted it as open.
            let Some(span) = state.slots.ending_mut(key) else {
                return false;
            };
            span.attributes = admitted;
        }
        if let Some(span) = state.slots.ending_mut(key) {
            self.policy
                .settle(span, &others, &self.limits, &self.counters);
        }
        self.keep(&mut state, key);
        true
    }

    /// Keeps a span, at the cost of others if the bucket is full.
    fn keep(&self, state: &mut State, key: SlotKey) {
        let State { slots, dropped, .. } = state;
        slots.keep(key);
        while slots.kept() > self.limits.max_spans.max(1)
            || slots.bytes() > self.limits.max_total_bytes
        {
            if !slots.make_room() {
                break;
            }
            *dropped += 1;
        }
    }

    /// Ends a span that stays, and counts it if it was asked for.
    fn leave_out(&self, state: &mut State, key: SlotKey) {
        let Some((span, place)) = state.slots.leave_out(key) else {
            return;
        };
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

    /// Takes what was collected and the spans that are still open; nothing the
    /// second time. Whatever ends later is not taken; this call has counted it
    /// already.
    pub(super) fn close(&self) -> Closed {
        let mut state = self.state.lock();
        state.closed = true;
        let slots = std::mem::take(&mut state.slots);
        let dropped = std::mem::take(&mut state.dropped);
        state.left_out = SpanIdMap::default();
        drop(state);
        let still_open: Vec<_> = slots.still_open().collect();
        let is_asked = |open: &&StillOpen| open.depth <= self.max_depth;
        Closed {
            most_spans: slots.most(),
            collected: Collected {
                dropped_spans: dropped + still_open.iter().filter(is_asked).count(),
                spans: slots.into_spans(),
            },
            still_open,
        }
    }
}

impl State {
    /// Where a span stands that is open, kept, or known to be left out.
    fn place(&mut self, span: SpanId) -> Option<Place> {
        let place = self.slots.place(span);
        place.or_else(|| self.left_out.get(&span).copied())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{SpanKind, TraceFlags, TraceId, TraceState};

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
        let started = Started {
            parent: SpanId::from(parent),
            is_root: parent == 0,
            fate: Fate::Publish,
            is_routed: true,
        };
        let span = Finished::started(span(id, parent, "").span_context);
        bucket.open(started, |_| span, |_| ()).is_some()
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
        pub(crate) links: u32,
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
                span.notes.public_links = public.links;
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
}
