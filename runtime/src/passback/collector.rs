//! The span processor that hands each span to the request it belongs to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanId, TraceContextExt};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::bucket::Started;
use super::ids::SpanIdMap;
use super::policy::{Fate, PassbackPolicy};
use super::scope::Scope;
use super::slots::SlotKey;
use super::sync::Mutex;

/// Number of shards of the routing table (ours): enough that threads rarely
/// meet, few enough to look at them all in a test.
const SHARDS: usize = 16;

/// Spans for which the first request has room at once (ours).
const FIRST_EXPECTED: usize = 6;

/// Spans for which a request has room at once, at most (ours).
const MAX_EXPECTED: usize = 64;

/// Routes finished spans into the bucket of the request they were made in.
///
/// Requests are the unit of isolation, not traces: many concurrent requests
/// may share a trace id and a parent span. So a route is kept by span id. It
/// is made when a span starts, when the parent context tells the request, and
/// removed when the span ends or the request closes, whichever comes first.
/// With no request in flight the table is empty.
#[derive(Clone, Debug)]
pub(crate) struct SpanCollector {
    routes: Arc<RoutingTable>,
}

#[derive(Debug)]
struct RoutingTable {
    shards: [Shard; SHARDS],
    /// Whether nobody but the collector is interested in spans.
    is_alone: bool,
    /// Spans that a request has at the same time, as far as one can expect.
    expected: AtomicUsize,
}

/// On a cache line of its own: threads change them all the time.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard {
    routes: Mutex<SpanIdMap<Waiting>>,
    /// How many routes there are, changed with them: where nobody asked, spans
    /// end without a look at them.
    routed: AtomicUsize,
    /// Spans in flight that need no route, because Glassbox records them itself.
    recorded: AtomicUsize,
}

impl SpanCollector {
    pub(crate) fn new() -> Self {
        Self::with_alone(false)
    }

    /// A collector of a server that has no other use for spans: no processor of
    /// its author's, and no sampler. Glassbox's own spans need no SDK then.
    pub(crate) fn alone() -> Self {
        Self::with_alone(true)
    }

    fn with_alone(is_alone: bool) -> Self {
        let shards = std::array::from_fn(|_| Shard::default());
        Self {
            routes: Arc::new(RoutingTable {
                shards,
                is_alone,
                expected: AtomicUsize::new(FIRST_EXPECTED),
            }),
        }
    }

    /// Whether nobody but this collector is interested in spans.
    pub(super) fn is_alone(&self) -> bool {
        self.routes.is_alone
    }

    /// Whether `other` shares this collector's routing table.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.routes, &other.routes)
    }

    /// The shard of a span: by bits of its id that a map does not begin with.
    fn shard(&self, span: SpanId) -> Option<&Shard> {
        let index = usize::from(span.to_bytes()[3]) % SHARDS;
        self.routes.shards.get(index)
    }

    /// Spans that the next request has at the same time, most likely.
    pub(super) fn expected_spans(&self) -> usize {
        self.routes.expected.load(Ordering::Relaxed)
    }

    /// Notes how many a request had. Fewer than expected count at once, more
    /// only one by one: where requests differ, none has a lot of memory for
    /// nothing.
    pub(super) fn learn_spans(&self, had: usize) {
        let expected = self.expected_spans();
        let next = had.min(expected + 1).clamp(1, MAX_EXPECTED);
        if next != expected {
            self.routes.expected.store(next, Ordering::Relaxed);
        }
    }

    /// Counts a span that needs no route.
    pub(super) fn add_recorded(&self, span: SpanId) {
        if let Some(shard) = self.shard(span) {
            shard.recorded.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts no longer a span that needed no route.
    pub(super) fn remove_recorded(&self, span: SpanId) {
        if let Some(shard) = self.shard(span) {
            shard.recorded.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The request that waits for `span` to end, which it now does. It is asked
    /// once.
    pub(crate) fn take(&self, span: SpanId) -> Option<Waiting> {
        let shard = self.shard(span)?;
        // Whoever ends a span has seen it start, and so its route in the count.
        if shard.routed.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut routes = shard.routes.lock();
        let waiting = routes.remove(&span);
        shard.routed.store(routes.len(), Ordering::Relaxed);
        waiting
    }

    /// Removes the route of a span that is not waited for any more.
    pub(super) fn forget(&self, span: SpanId) {
        drop(self.take(span));
    }

    /// Number of spans in flight, over all requests.
    pub(crate) fn open_spans(&self) -> usize {
        self.routes
            .shards
            .iter()
            .map(|shard| shard.routes.lock().len() + shard.recorded.load(Ordering::Relaxed))
            .sum()
    }
}

/// A request that waits for a span.
#[derive(Debug)]
pub(crate) struct Waiting {
    scope: Scope,
    key: SlotKey,
}

impl Waiting {
    /// Lets it take what it needs of the span.
    pub(crate) fn finish(self, span: &mut SpanData) {
        self.scope.bucket().end_by_sdk(self.key, span);
    }
}

/// What the policy makes of a span by its name.
fn fate(policy: &PassbackPolicy, span: &Span) -> Fate {
    if !policy.has_span_rules() {
        return Fate::Publish;
    }
    // The only way to its name is a copy of it. One that cannot be had has
    // ended already, and says nothing.
    span.exported_data().map_or(Fate::Hide, |span| {
        policy.fate(span.instrumentation_scope.name(), &span.name)
    })
}

impl SpanProcessor for SpanCollector {
    fn on_start(&self, span: &mut Span, context: &Context) {
        let Some(scope) = context
            .get::<Scope>()
            .filter(|scope| scope.collects_in(self))
        else {
            return;
        };
        let bucket = scope.bucket();
        let (id, parent) = (
            span.span_context().span_id(),
            context.span().span_context().span_id(),
        );
        let span_context = span.span_context().clone();
        let started = Started {
            span: &span_context,
            parent,
            is_root: scope.is_root_parent(parent),
            fate: fate(bucket.policy(), span),
            is_routed: true,
        };
        let register = |key| {
            if let Some(shard) = self.shard(id) {
                let scope = scope.clone();
                let mut routes = shard.routes.lock_within();
                routes.insert(id, Waiting { scope, key });
                shard.routed.store(routes.len(), Ordering::Relaxed);
            }
        };
        // What it is, it says when it ends.
        bucket.open(started, |_| (), register);
    }

    fn on_end(&self, mut span: SpanData) {
        if let Some(waiting) = self.take(span.span_context.span_id()) {
            waiting.finish(&mut span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
    use proptest::prelude::*;

    use super::super::bucket::{Bucket, Collected, MAX_LEFT_OUT_SPANS};
    use super::super::counts::{Counters, PassbackCounts};
    use super::super::limits::PassbackLimits;
    use super::super::policy::{PassbackPolicy, SpanMatch};
    use super::super::request::PassbackRequest;
    use super::super::scope::{ScopeGuard, Subject};
    use super::super::selection::select;
    use super::*;

    fn recorder() -> (SpanCollector, SdkTracer) {
        let collector = SpanCollector::new();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(collector.clone())
            .build();
        (collector, provider.tracer("test"))
    }

    fn bucket(max_depth: u32) -> Bucket {
        Bucket::new(
            Arc::default(),
            Arc::default(),
            PassbackLimits::default(),
            max_depth,
        )
    }

    fn scope(collector: &SpanCollector, tracer: &SdkTracer) -> ScopeGuard {
        let kept = bucket(u32::MAX);
        ScopeGuard::open(
            tracer.clone(),
            collector.clone(),
            kept,
            SpanId::INVALID,
            Subject::default(),
        )
    }

    #[test]
    fn a_span_of_another_recorder_is_not_collected() {
        let (ours, our_tracer) = recorder();
        let (theirs, their_tracer) = recorder();
        let guard = scope(&ours, &our_tracer);
        let context = Context::new().with_value(guard.scope().clone());
        let span = their_tracer.start_with_context("theirs", &context);
        assert_eq!((ours.open_spans(), theirs.open_spans()), (0, 0));
        drop(span);
        assert!(guard.close().spans.is_empty());
    }

    #[test]
    fn expects_what_all_of_the_last_requests_had() {
        let (collector, _) = recorder();
        let expects = |had: usize| {
            collector.learn_spans(had);
            collector.expected_spans()
        };
        assert_eq!([10, 10, 3, 10, 0].map(expects), [7, 8, 3, 4, 1]);
        let expected = (0..100).map(|_| expects(1_000)).max();
        assert_eq!(expected, Some(MAX_EXPECTED));
    }

    #[test]
    fn spans_that_outlive_the_request_leave_the_table() {
        let (collector, tracer) = recorder();
        let guard = scope(&collector, &tracer);
        let context = Context::new().with_value(guard.scope().clone());
        let late = tracer.start_with_context("late", &context);
        assert_eq!(collector.open_spans(), 1);
        let collected = guard.close();
        assert_eq!((collected.spans.len(), collected.dropped_spans), (0, 1));
        assert_eq!(collector.open_spans(), 0);
        drop(late);
        drop(tracer.start_with_context("later", &context));
        assert_eq!(collector.open_spans(), 0);
    }

    #[test]
    fn a_request_within_a_request_has_a_root_of_its_own() {
        let (collector, tracer) = recorder();
        let outer = scope(&collector, &tracer);
        let context = Context::new().with_value(outer.scope().clone());
        let context = context.with_span(tracer.start_with_context("outer", &context));
        let parent = context.span().span_context().span_id();
        let kept = bucket(0);
        let inner = ScopeGuard::open(
            tracer.clone(),
            collector.clone(),
            kept,
            parent,
            Subject::default(),
        );
        drop(tracer.start_with_context("inner", &context.with_value(inner.scope().clone())));
        // Depth 0 is all that the inner request keeps.
        assert_eq!(inner.close().spans.len(), 1);
    }

    fn spans_policy() -> PassbackPolicy {
        PassbackPolicy::default()
            .merge_spans("merged")
            .hide_spans(SpanMatch::name("hidden").in_scope("te*"))
    }

    /// One span of a generated request: below which of those before it, its
    /// name, and whether the parent ends before it starts.
    type Made = (prop::sample::Index, &'static str, bool);

    /// Records a root and these spans; says what was collected, and the ids.
    fn record(made: &[Made], max_depth: u32) -> (Collected, Vec<SpanId>, PassbackCounts) {
        let (collector, tracer) = recorder();
        let counters = Arc::new(Counters::default());
        let limits = PassbackLimits::default();
        let policy = Arc::new(spans_policy());
        let bucket = Bucket::new(policy, Arc::clone(&counters), limits, max_depth);
        let subject = Subject::default();
        let guard = ScopeGuard::open(
            tracer.clone(),
            collector.clone(),
            bucket,
            SpanId::INVALID,
            subject,
        );
        let outside = Context::new().with_value(guard.scope().clone());
        let root = tracer.start_with_context("merged", &outside);
        let mut contexts = vec![outside.with_span(root)];
        for (parent, name, is_late) in made {
            let index = parent.index(contexts.len());
            let parent = contexts[index].clone();
            if *is_late && index > 0 {
                parent.span().end();
            }
            let span = tracer.start_with_context(*name, &parent);
            contexts.push(parent.with_span(span));
        }
        let id = |context: &Context| context.span().span_context().span_id();
        let ids = contexts.iter().map(id).collect();
        for context in contexts.iter().rev() {
            context.span().end();
        }
        let collected = guard.close();
        assert_eq!(collector.open_spans(), 0);
        (collected, ids, counters.snapshot())
    }

    fn made() -> impl Strategy<Value = Vec<Made>> {
        let name = prop_oneof![3 => Just("plain"), 1 => Just("merged"), 1 => Just("hidden")];
        prop::collection::vec((any::<prop::sample::Index>(), name, any::<bool>()), 0..40)
    }

    proptest! {
        #[test]
        fn whatever_is_merged_or_hidden_the_rest_is_one_tree_and_the_counts_add_up(
            made in made(), is_detailed in any::<bool>(),
        ) {
            let (request, max_depth) = if is_detailed {
                (PassbackRequest::Detailed, u32::MAX)
            } else {
                (PassbackRequest::TopLevel, 1)
            };
            let (collected, ids, counts) = record(&made, max_depth);
            // Of each span: its parent in the answer, and whether it is hidden.
            let mut places: Vec<(usize, bool)> = vec![(0, false)];
            let mut expected = vec![(ids[0], SpanId::INVALID)];
            for (index, (parent, name, _)) in made.iter().enumerate() {
                let above = parent.index(index + 1);
                let is_merged = above > 0 && made[above - 1].1 == "merged";
                let parent = if is_merged { places[above].0 } else { above };
                let is_hidden = places[above].1 || *name == "hidden";
                places.push((parent, is_hidden));
                if *name == "plain" && !is_hidden && (is_detailed || parent == 0) {
                    expected.push((ids[index + 1], ids[parent]));
                }
            }
            let dropped = collected.dropped_spans;
            let (selected, disconnected) = select(&collected.spans, ids[0], request);
            let mut found: Vec<_> = selected
                .iter()
                .map(|one| (one.span.id, one.span.place.parent))
                .collect();
            let by_id = |(id, _): &(SpanId, SpanId)| id.to_bytes();
            found.sort_by_key(by_id);
            expected.sort_by_key(by_id);
            prop_assert_eq!(&found, &expected);
            if is_detailed {
                prop_assert_eq!(found.len() + dropped + disconnected, ids.len());
                let held_back = usize::try_from(counts.merged_spans + counts.hidden_spans).unwrap();
                prop_assert_eq!(held_back, dropped);
            }
        }
    }

    #[test]
    fn ended_merged_spans_are_remembered_up_to_a_bound() {
        for (merged, connected) in [
            (MAX_LEFT_OUT_SPANS - 1, 1),
            (MAX_LEFT_OUT_SPANS, 1),
            (MAX_LEFT_OUT_SPANS + 1, 0),
        ] {
            let (collector, tracer) = recorder();
            let policy = Arc::new(spans_policy());
            let limits = PassbackLimits::default();
            let bucket = Bucket::new(policy, Arc::default(), limits, u32::MAX);
            let guard = ScopeGuard::open(
                tracer.clone(),
                collector,
                bucket,
                SpanId::INVALID,
                Subject::default(),
            );
            let outside = Context::new().with_value(guard.scope().clone());
            let root = outside.with_span(tracer.start_with_context("root", &outside));
            let mut last = root.clone();
            for _ in 0..merged {
                last = root.with_span(tracer.start_with_context("merged", &root));
                last.span().end();
            }
            drop(tracer.start_with_context("plain", &last));
            root.span().end();
            let id = root.span().span_context().span_id();
            let collected = guard.close();
            assert_eq!(collected.dropped_spans, merged + 1 - connected);
            let (selected, disconnected) = select(&collected.spans, id, PassbackRequest::Detailed);
            assert_eq!((selected.len(), disconnected), (1 + connected, 0));
        }
    }

    #[test]
    fn a_redaction_may_make_spans_of_its_own() {
        let (collector, tracer) = recorder();
        let own = tracer.clone();
        let policy = PassbackPolicy::default().redact("*", move |value| {
            drop(own.start("inside"));
            Some(value.clone())
        });
        let limits = PassbackLimits::default();
        let bucket = Bucket::new(Arc::new(policy), Arc::default(), limits, u32::MAX);
        let subject = Subject::default();
        let guard = ScopeGuard::open(tracer.clone(), collector, bucket, SpanId::INVALID, subject);
        let context = Context::new().with_value(guard.scope().clone());
        let _current = context.clone().attach();
        let mut span = tracer.start_with_context("root", &context);
        span.set_attribute(KeyValue::new("key", 1));
        span.end();
        let collected = guard.close();
        assert_eq!((collected.spans.len(), collected.dropped_spans), (1, 0));
        assert_eq!(collected.spans[0].attributes, [KeyValue::new("key", 1)]);
    }
}
