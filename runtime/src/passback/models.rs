//! Every interleaving of threads that record, end and close requests.
//!
//! The collector, the bucket and the SDK between them are the real ones; see
//! [`super::sync`] for what is explored. Each model is small (three threads at
//! most) and explored in full, with spans of the SDK and with our own.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanId, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use shuttle::thread;

use super::bucket::{Bucket, Collected};
use super::collector::SpanCollector;
use super::limits::PassbackLimits;
use super::observed::NewSpan;
use super::policy::PassbackPolicy;
use super::recorded::RecordedSpan;
use super::request::PassbackRequest;
use super::scope::{Scope, ScopeGuard, Subject};
use super::selection::select;
use super::sync::model::explore;

/// A server that records.
struct Recorder {
    collector: SpanCollector,
    tracer: SdkTracer,
}

/// With spans of the SDK, and with our own; and how many interleavings a model
/// has at least: ours have fewer locks.
const RECORDERS: [(fn() -> SpanCollector, usize); 2] =
    [(SpanCollector::new, 20), (SpanCollector::alone, 4)];

impl Recorder {
    fn new(collector: fn() -> SpanCollector) -> Self {
        let collector = collector();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(collector.clone())
            .build();
        let tracer = provider.tracer("test");
        Self { collector, tracer }
    }

    /// A request whose root has started.
    fn request(&self, parent: &Context, limits: PassbackLimits) -> Request {
        let policy = PassbackPolicy::default().merge_spans("merged");
        let bucket = Bucket::new(Arc::new(policy), Arc::default(), limits, u32::MAX);
        let root_parent = parent.span().span_context().span_id();
        let guard = ScopeGuard::open(
            self.tracer.clone(),
            self.collector.clone(),
            bucket,
            root_parent,
            Subject::default(),
        );
        let outside = parent.with_value(guard.scope().clone());
        let root = self.start("root", &outside);
        Request { guard, root }
    }

    fn start(&self, name: &'static str, parent: &Context) -> Context {
        if let Some(scope) = parent.get::<Scope>()
            && scope.records_alone(parent)
        {
            let mut new = NewSpan::new(name, SpanKind::Internal);
            return RecordedSpan::start(scope, &mut new, parent).0;
        }
        parent.with_span(self.tracer.start_with_context(name, parent))
    }
}

struct Request {
    guard: ScopeGuard,
    root: Context,
}

/// What became of the spans of a request.
#[derive(Debug, PartialEq, Eq)]
struct Fates {
    sent: usize,
    dropped: usize,
}

impl Request {
    fn end(self) -> Fates {
        self.root.span().end();
        self.close()
    }

    fn close(self) -> Fates {
        let Collected {
            spans,
            dropped_spans,
            ..
        } = self.guard.close();
        let root = id(&self.root);
        let mut ids: Vec<_> = spans.iter().map(|span| span.id).collect();
        ids.sort_by_key(|id| id.to_bytes());
        ids.dedup();
        assert_eq!(ids.len(), spans.len(), "a span is there once");
        let (sent, disconnected) = select(&spans, root, PassbackRequest::Detailed);
        Fates {
            sent: sent.len(),
            dropped: dropped_spans + disconnected,
        }
    }
}

fn id(context: &Context) -> SpanId {
    context.span().span_context().span_id()
}

fn limits() -> PassbackLimits {
    PassbackLimits::default()
}

#[test]
fn a_span_starts_and_ends_while_its_request_closes() {
    for (collector, least) in RECORDERS {
        let explored = explore(move || {
            let recorder = Arc::new(Recorder::new(collector));
            let request = recorder.request(&Context::new(), limits());
            let (theirs, root) = (Arc::clone(&recorder), request.root.clone());
            let worker = thread::spawn(move || theirs.start("work", &root).span().end());
            let fates = request.end();
            worker.join().unwrap();
            // Before the end, across it (dropped, and counted), or after it.
            assert!(
                fates.sent + fates.dropped <= 2 && fates.sent >= 1,
                "{fates:?}"
            );
            assert_eq!(recorder.collector.open_spans(), 0);
        });
        assert!(explored > least, "{explored}");
    }
}

#[test]
fn an_open_span_ends_while_its_request_closes() {
    for (collector, least) in RECORDERS {
        let explored = explore(move || {
            let recorder = Recorder::new(collector);
            let request = recorder.request(&Context::new(), limits());
            let work = recorder.start("work", &request.root);
            let worker = thread::spawn(move || work.span().end());
            let fates = request.end();
            worker.join().unwrap();
            assert!((1..=2).contains(&fates.sent));
            assert_eq!(fates.sent + fates.dropped, 2, "kept or counted: {fates:?}");
            assert_eq!(recorder.collector.open_spans(), 0);
        });
        assert!(explored > least, "{explored}");
    }
}

#[test]
fn a_span_that_starts_while_its_request_closes_and_never_ends_leaves_no_route() {
    for (collector, _) in RECORDERS {
        explore(move || {
            let recorder = Arc::new(Recorder::new(collector));
            let request = recorder.request(&Context::new(), limits());
            let (theirs, root) = (Arc::clone(&recorder), request.root.clone());
            let worker = thread::spawn(move || theirs.start("forever", &root));
            request.end();
            let forever = worker.join().unwrap();
            assert_eq!(recorder.collector.open_spans(), 0);
            drop(forever);
        });
    }
}

#[test]
fn a_child_starts_while_its_parent_ends_and_is_connected_all_the_same() {
    for (name, (collector, _)) in ["plain", "merged"]
        .into_iter()
        .flat_map(|name| RECORDERS.map(|recorder| (name, recorder)))
    {
        explore(move || {
            let recorder = Arc::new(Recorder::new(collector));
            let request = recorder.request(&Context::new(), limits());
            let parent = recorder.start(name, &request.root);
            let (theirs, context) = (Arc::clone(&recorder), parent.clone());
            let worker = thread::spawn(move || theirs.start("child", &context).span().end());
            parent.span().end();
            worker.join().unwrap();
            let merged = usize::from(name == "merged");
            let expected = Fates {
                sent: 3 - merged,
                dropped: merged,
            };
            assert_eq!(request.end(), expected);
            assert_eq!(recorder.collector.open_spans(), 0);
        });
    }
}

#[test]
fn requests_of_one_trace_and_one_parent_share_nothing() {
    for (collector, least) in RECORDERS {
        let explored = explore(move || {
            let recorder = Arc::new(Recorder::new(collector));
            let caller = recorder.start("caller", &Context::new());
            let requests = [1, 2].map(|_| {
                let request = recorder.request(&caller, limits());
                thread::spawn(move || {
                    request.root.span().end();
                    request
                })
            });
            for request in requests {
                let expected = Fates {
                    sent: 1,
                    dropped: 0,
                };
                assert_eq!(request.join().unwrap().close(), expected);
            }
            assert_eq!(recorder.collector.open_spans(), 0);
        });
        assert!(explored > least, "{explored}");
    }
}

#[test]
fn threads_that_end_spans_of_a_full_request_drop_what_the_bound_says() {
    for (collector, least) in RECORDERS {
        let explored = explore(move || {
            let mut limits = limits();
            limits.max_spans = 2;
            let recorder = Recorder::new(collector);
            let request = recorder.request(&Context::new(), limits);
            let spans = [1, 2].map(|_| recorder.start("work", &request.root));
            let workers = spans.map(|span| thread::spawn(move || span.span().end()));
            for worker in workers {
                worker.join().unwrap();
            }
            let expected = Fates {
                sent: 2,
                dropped: 1,
            };
            assert_eq!(request.end(), expected);
            assert_eq!(recorder.collector.open_spans(), 0);
        });
        assert!(explored > least, "{explored}");
    }
}
