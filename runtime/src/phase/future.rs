//! A phase around asynchronous code.

use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll};

use pin_project_lite::pin_project;

use super::outcome::Outcome;
use super::{PhaseSpan, looked};

pin_project! {
    /// Runs a future as a phase: the phase is the current span at every poll,
    /// and only then, so the future stays `Send`.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, the phase ends and says so.
    #[must_use = "a phase does nothing unless it is awaited"]
    pub struct PhaseFuture<F, O> {
        #[pin]
        future: Option<F>,
        outcome: Option<O>,
        span: Option<PhaseSpan>,
        polling: bool,
    }

    impl<F, O> PinnedDrop for PhaseFuture<F, O> {
        /// Drops the future inside the phase, then ends the phase.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut span) = this.span.take() {
                {
                    let _guard = span.attach();
                    this.future.set(None);
                }
                span.end(if *this.polling { Outcome::panic() } else { Outcome::cancelled() });
            }
        }
    }
}

impl<F, O> PhaseFuture<F, O> {
    pub(super) fn new(span: Option<PhaseSpan>, future: F, outcome: O) -> Self {
        Self {
            future: Some(future),
            outcome: Some(outcome),
            span,
            polling: false,
        }
    }
}

impl<F, O> fmt::Debug for PhaseFuture<F, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PhaseFuture")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

impl<F, O> Future for PhaseFuture<F, O>
where
    F: Future,
    O: FnOnce(&F::Output) -> Outcome,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        // A finished future is not polled again.
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let Some(span) = this.span.as_mut() else {
            return future.poll(context);
        };
        *this.polling = true;
        let polled = {
            let _guard = span.attach();
            future.poll(context)
        };
        *this.polling = false;
        let value = task::ready!(polled);
        if let Some(outcome) = this.outcome.take() {
            span.end(looked(|| outcome(&value)));
        }
        *this.span = None;
        Poll::Ready(value)
    }
}
