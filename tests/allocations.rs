//! Nobody looks: phases allocate nothing.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use glassbox::phase;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

#[phase("sum", sum.text = format!("{left} + {right}"))]
fn sum(left: u32, right: u32) -> u32 {
    left + right
}

#[phase("outer")]
async fn outer(left: u32) -> Result<u32, std::fmt::Error> {
    #[phase("inner", inner.left = left)]
    let inner = inner(left).await?;
    Ok(inner)
}

async fn inner(left: u32) -> Result<u32, std::fmt::Error> {
    Ok(sum(left, 1))
}

fn run(calls: u32) {
    for left in 0..calls {
        let polled = pin!(outer(left)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(sum)) if sum == left + 1));
    }
}

#[test]
fn a_phase_that_nobody_asked_for_allocates_nothing() {
    // Each thread has a stack of contexts, made when it is first looked at.
    run(1);
    let allocated = allocation_counter::measure(|| run(1_000));
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}

#[test]
fn nor_does_it_under_a_trace_context_that_is_handed_on() {
    let caller = SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    let _guard = opentelemetry::Context::new()
        .with_remote_span_context(caller)
        .attach();
    run(1);
    let allocated = allocation_counter::measure(|| run(1_000));
    assert_eq!(allocated.count_total, 0, "{allocated:?}");
}
