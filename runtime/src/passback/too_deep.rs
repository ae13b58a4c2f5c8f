//! Phases that are deeper below the root than was asked for.

use std::sync::Arc;

use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

use super::bucket::{Bucket, Collected};
use super::collector::SpanCollector;
use super::limits::PassbackLimits;
use super::policy::PassbackPolicy;
use super::scope::{ScopeGuard, Subject};
use crate::phase::{Outcome, Phase};

/// A request of which spans no deeper below the root than `max_depth` are
/// asked for.
struct Request {
    provider: SdkTracerProvider,
    guard: ScopeGuard,
}

impl Request {
    fn open(collector: SpanCollector, policy: PassbackPolicy, max_depth: u32) -> Self {
        let limits = PassbackLimits {
            max_spans: 3,
            ..PassbackLimits::default()
        };
        let provider = SdkTracerProvider::builder()
            .with_span_processor(collector.clone())
            .with_sampler(Sampler::AlwaysOn)
            .build();
        let bucket = Bucket::new(Arc::new(policy), Arc::default(), limits, max_depth);
        let (tracer, parent) = (provider.tracer("test"), SpanId::INVALID);
        let guard = ScopeGuard::open(tracer, collector, bucket, parent, Subject::default());
        Self { provider, guard }
    }

    /// Runs `code` below the root; says which spans it left, and how many
    /// were dropped.
    fn run(&self, code: impl FnOnce()) -> (Vec<String>, usize) {
        let outside = Context::new().with_value(self.guard.scope().clone());
        let _current = outside.attach();
        phase("root", code);
        let Collected {
            spans,
            dropped_spans,
            ..
        } = self.guard.close();
        let names = spans.iter().map(|span| span.name.to_string());
        (names.collect(), dropped_spans)
    }
}

fn phase<T>(name: &'static str, body: impl FnOnce() -> T) -> T {
    Phase::start(name, |_| ()).run_sync(body, |_| Outcome::value())
}

fn failed(name: &'static str, body: impl FnOnce()) {
    Phase::start(name, |_| ()).run_sync(body, |()| Outcome::error("timeout"));
}

/// Who the current span is.
fn current() -> SpanContext {
    Context::map_current(|context| context.span().span_context().clone())
}

fn plain() -> PassbackPolicy {
    PassbackPolicy::default()
}

#[test]
fn for_a_phase_that_is_too_deep_the_one_above_it_stands() {
    let request = Request::open(SpanCollector::alone(), plain(), 1);
    let left = request.run(|| {
        phase("shown", || {
            let shown = current();
            let open = request.guard.scope().collector().open_spans();
            let deep = Phase::start("deep", |_| panic!("nobody looks at what it declares"));
            deep.run_sync(
                || {
                    assert_eq!(current(), shown, "what is called names a known parent");
                    assert!(shown.is_valid() && !shown.is_remote());
                    assert!(!Context::current().span().is_recording());
                    phase("deeper", || assert_eq!(current(), shown));
                },
                |()| Outcome::value(),
            );
            let collector = request.guard.scope().collector();
            assert_eq!(collector.open_spans(), open);
            assert!(Context::current().span().is_recording());
        });
    });
    assert_eq!(left, (vec!["root".into(), "shown".into()], 0));
}

#[test]
fn what_other_code_does_to_a_phase_that_is_too_deep_is_nothing() {
    let policy = plain().publish("*");
    let request = Request::open(SpanCollector::alone(), policy, 1);
    let outside = Context::new().with_value(request.guard.scope().clone());
    let _current = outside.attach();
    let mark = || {
        let current = Context::current();
        current.span().set_attribute(KeyValue::new("mark", true));
        current.span().set_status(Status::error(""));
        current.span().end();
    };
    phase("root", || phase("shown", || phase("deep", mark)));
    for span in request.guard.close().spans {
        assert_eq!((span.attributes.len(), span.failure()), (0, None));
    }
}

#[test]
fn spans_of_others_below_a_phase_that_is_too_deep_are_neither_shown_nor_dropped() {
    let request = Request::open(SpanCollector::alone(), plain(), 1);
    let tracer = request.provider.tracer("other");
    let (names, dropped) = request.run(|| {
        phase("shown", || {
            phase("deep", || {
                let theirs = tracer.start("theirs");
                let below = Context::current_with_span(theirs);
                let _guard = below.attach();
                phase("deeper", || drop(tracer.start("theirs")));
            });
        });
    });
    assert_eq!((names.len(), dropped), (2, 0));
}

#[test]
fn a_failure_in_a_phase_that_is_too_deep_lets_those_above_go_last() {
    let fail_by_others = |request: &Request| {
        let mut span = request.provider.tracer("other").start("theirs");
        span.set_status(Status::error(""));
    };
    let deep: [&dyn Fn(&Request); 4] = [
        &|_| failed("deep", || ()),
        &|_| phase("deep", || failed("deeper", || ())),
        &|request| phase("deep", || fail_by_others(request)),
        &|_| drop(Phase::start("deep", |_| ())),
    ];
    for (case, deep) in deep.into_iter().enumerate() {
        for collector in [SpanCollector::new(), SpanCollector::alone()] {
            let request = Request::open(collector, plain(), 1);
            let left = request.run(|| {
                phase("older", || ());
                phase("old", || ());
                phase("above", || deep(&request));
            });
            let kept = ["root", "older", "above"].map(str::to_owned);
            assert_eq!(left, (kept.to_vec(), 1), "case {case}");
        }
    }
}

#[test]
fn what_is_merged_or_hidden_is_no_deeper_than_it_was() {
    let policy = || plain().merge_spans("merged").hide_spans("hidden");
    for collector in [SpanCollector::new(), SpanCollector::alone()] {
        let request = Request::open(collector, policy(), 1);
        let left = request.run(|| {
            phase("old", || ());
            phase("merged", || phase("merged", || phase("shown", || ())));
            phase("hidden", || failed("deep", || ()));
            phase("old", || failed("hidden", || ()));
        });
        // Two are merged, one is hidden, and one had no room: what is hidden
        // is no reason to stay.
        let kept = ["root", "old", "shown"].map(str::to_owned);
        assert_eq!(left, (kept.to_vec(), 4));
    }
}
