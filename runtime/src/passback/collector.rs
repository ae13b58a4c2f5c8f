//! The span processor that hands each span to the request it belongs to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, SpanId, TraceContextExt};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::bucket::Bucket;
use super::scope::Scope;

/// Number of shards of the routing table (ours): enough that threads rarely
/// meet, few enough to look at them all in a test.
const SHARDS: usize = 16;

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
    shards: [Mutex<HashMap<SpanId, Route>>; SHARDS],
}

#[derive(Clone, Debug)]
struct Route {
    bucket: Arc<Bucket>,
    /// Distance from the request's root span.
    depth: u32,
}

impl SpanCollector {
    pub(crate) fn new() -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self {
            routes: Arc::new(RoutingTable { shards }),
        }
    }

    /// Whether `other` shares this collector's routing table.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.routes, &other.routes)
    }

    fn shard(&self, span: SpanId) -> Option<MutexGuard<'_, HashMap<SpanId, Route>>> {
        let index = usize::from(span.to_bytes()[7]) % SHARDS;
        let shard = self.routes.shards.get(index)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn depth(&self, span: SpanId) -> Option<u32> {
        self.shard(span)?.get(&span).map(|route| route.depth)
    }

    /// Whether a request waits for `span` to end.
    pub(crate) fn expects(&self, span: SpanId) -> bool {
        self.shard(span)
            .is_some_and(|shard| shard.contains_key(&span))
    }

    /// Removes the routes of spans that outlive their request.
    pub(crate) fn forget(&self, spans: impl IntoIterator<Item = SpanId>) {
        for span in spans {
            if let Some(mut shard) = self.shard(span) {
                shard.remove(&span);
            }
        }
    }

    /// Number of spans in flight, over all requests.
    pub(crate) fn open_spans(&self) -> usize {
        let len = |shard: &Mutex<HashMap<_, _>>| {
            shard.lock().unwrap_or_else(PoisonError::into_inner).len()
        };
        self.routes.shards.iter().map(len).sum()
    }
}

impl SpanProcessor for SpanCollector {
    fn on_start(&self, span: &mut Span, context: &Context) {
        let Some(scope) = context
            .get::<Scope>()
            .filter(|scope| scope.collects_in(self))
        else {
            return;
        };
        let parent = context.span().span_context().span_id();
        let depth = if scope.is_root_parent(parent) {
            0
        } else {
            // A parent that has ended has no route any more; its children are
            // at least one below the root.
            self.depth(parent).unwrap_or(0).saturating_add(1)
        };
        let id = span.span_context().span_id();
        if scope.bucket().open(id)
            && let Some(mut shard) = self.shard(id)
        {
            shard.insert(
                id,
                Route {
                    bucket: Arc::clone(scope.bucket()),
                    depth,
                },
            );
        }
    }

    fn on_end(&self, span: SpanData) {
        let id = span.span_context.span_id();
        let route = self.shard(id).and_then(|mut shard| shard.remove(&id));
        if let Some(route) = route {
            route.bucket.finish(route.depth, span);
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
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

    use super::super::limits::PassbackLimits;
    use super::super::scope::ScopeGuard;
    use super::*;

    fn recorder() -> (SpanCollector, SdkTracer) {
        let collector = SpanCollector::new();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(collector.clone())
            .build();
        (collector, provider.tracer("test"))
    }

    fn bucket(max_depth: u32) -> Bucket {
        Bucket::new(Arc::default(), PassbackLimits::default(), max_depth)
    }

    fn scope(collector: &SpanCollector, tracer: &SdkTracer) -> ScopeGuard {
        let kept = bucket(u32::MAX);
        ScopeGuard::open(
            tracer.clone(),
            collector.clone(),
            kept,
            SpanId::INVALID,
            None,
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
        let inner = ScopeGuard::open(tracer.clone(), collector.clone(), kept, parent, None);
        drop(tracer.start_with_context("inner", &context.with_value(inner.scope().clone())));
        // Depth 0 is all that the inner request keeps.
        assert_eq!(inner.close().spans.len(), 1);
    }
}
