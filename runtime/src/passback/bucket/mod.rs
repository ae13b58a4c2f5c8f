//! The bounded place where the spans of one request are kept.

mod end;

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanContext, SpanId, Status};

use super::counts::Counters;
use super::finished::Finished;
use super::ids::SpanIdMap;
use super::limits::PassbackLimits;
use super::place::Place;
use super::policy::{Fate, PassbackPolicy};
use super::rest::Trace;
use super::slots::{SlotKey, Slots, StillOpen};
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
    /// The trace of all spans that say nothing else.
    pub(super) trace: Trace,
    /// Finished spans, as they may leave.
    pub(crate) spans: Vec<Finished>,
    /// Spans that were asked for but are not in `spans`: beyond a bound, held
    /// back by the policy, or still open when the request ended.
    pub(crate) dropped_spans: usize,
}

/// Spans that tests and benchmarks make.
#[cfg(any(test, feature = "bench-internals"))]
impl FromIterator<opentelemetry_sdk::trace::SpanData> for Collected {
    fn from_iter<I>(spans: I) -> Self
    where
        I: IntoIterator<Item = opentelemetry_sdk::trace::SpanData>,
    {
        let mut first = None;
        let take = |data: opentelemetry_sdk::trace::SpanData| {
            let own = Trace::of(&data.span_context);
            let mut span = Finished::from(data);
            if *first.get_or_insert_with(|| own.clone()) != own {
                span.rest_mut().trace = Some(own);
            }
            span
        };
        let spans = spans.into_iter().map(take).collect();
        Self {
            trace: first.unwrap_or_default(),
            spans,
            dropped_spans: 0,
        }
    }
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
pub(super) struct Started<'a> {
    pub(super) span: &'a SpanContext,
    pub(super) parent: SpanId,
    pub(super) is_root: bool,
    pub(super) fate: Fate,
    /// Whether the collector routes its end.
    pub(super) is_routed: bool,
}

#[derive(Debug, Default)]
struct State {
    slots: Slots,
    /// The trace of the first span.
    trace: Option<Trace>,
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

    /// Whether spans may be too deep whatever they are called. Where names
    /// matter, one that is hidden must not let those above it go last.
    pub(super) fn bounds_depth(&self) -> bool {
        self.max_depth < u32::MAX && !self.policy.has_span_rules()
    }

    /// Whether all that is below `parent` is deeper than was asked for.
    pub(super) fn is_too_deep_below(&self, parent: SpanId) -> bool {
        let above = self.state.lock().place(parent);
        let place = above.map(|above| Place::below(parent, above, Fate::Publish));
        place.is_some_and(|place| place.depth > self.max_depth)
    }

    /// Lets a span and those above it go last: something below has failed.
    pub(super) fn fail_below(&self, span: SpanId) {
        self.state.lock().slots.fail(span);
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
    /// never be connected. `describe` says what is known of it, unless it stays.
    ///
    /// Both run under the lock: a request that closes either finds the span open
    /// and registered, or refuses it.
    pub(super) fn open(
        &self,
        started: Started<'_>,
        describe: impl FnOnce(&mut Finished),
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
                let mut span = Finished::started(started.span.span_id(), place);
                if !stays {
                    span.trace_flags = started.span.trace_flags();
                    describe(&mut span);
                    if !state.is_of_one_trace(started.span) {
                        span.rest_mut().trace = Some(Trace::of(started.span));
                    }
                }
                #[cfg(feature = "testing")]
                if let Some(witness) = &self.witness {
                    witness.started(span.id);
                }
                let key = state.slots.start(span, (stays, started.is_routed));
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

    /// Notes that an open span of Glassbox's own has failed, and why, if that may
    /// leave. Who fails again and says nothing has the words of before.
    pub(super) fn fail(&self, key: SlotKey, text: Cow<'static, str>) {
        let mut state = self.state.lock();
        let Some(span) = state.slots.open_mut(key) else {
            return;
        };
        let has_failed_before = std::mem::replace(&mut span.has_failed, true);
        if self.policy.shows_error_texts() {
            let rest = span.rest_mut();
            let before = std::mem::replace(&mut rest.error_text, text);
            if has_failed_before {
                rest.private.set_status(Status::error(before));
            }
        }
    }

    /// Takes what was collected and the spans that are still open; nothing the
    /// second time. Whatever ends later is not taken; this call has counted it
    /// already.
    pub(super) fn close(&self) -> Closed {
        let mut state = self.state.lock();
        state.closed = true;
        let slots = std::mem::take(&mut state.slots);
        let trace = state.trace.take();
        let dropped = std::mem::take(&mut state.dropped);
        state.left_out = SpanIdMap::default();
        drop(state);
        let still_open: Vec<_> = slots.still_open().collect();
        let is_asked = |open: &&StillOpen| open.depth <= self.max_depth;
        Closed {
            most_spans: slots.most(),
            collected: Collected {
                trace: trace.unwrap_or_default(),
                dropped_spans: dropped + still_open.iter().filter(is_asked).count(),
                spans: slots.into_spans(),
            },
            still_open,
        }
    }
}

impl State {
    /// Whether a span is of the trace that the first one of the request was of.
    fn is_of_one_trace(&mut self, span: &SpanContext) -> bool {
        match &self.trace {
            Some(trace) => trace.has(span),
            None => {
                self.trace = Some(Trace::of(span));
                true
            }
        }
    }

    /// Where a span stands that is open, kept, or known to be left out.
    fn place(&mut self, span: SpanId) -> Option<Place> {
        let place = self.slots.place(span);
        place.or_else(|| self.left_out.get(&span).copied())
    }
}

#[cfg(test)]
pub(crate) mod tests;
