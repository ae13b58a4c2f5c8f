//! A phase around a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll};

use futures_util::Stream;
use pin_project_lite::pin_project;

use super::outcome::Outcome;
use super::{PhaseSpan, looked};

pin_project! {
    /// Runs a stream as a phase, from the call that made it to its last item.
    /// The phase is the current span at every poll, and only then. The first
    /// item that is an error says how the phase ended.
    ///
    /// # Cancel safety
    ///
    /// Dropped before its end, the phase ends and says so.
    #[must_use = "a stream does nothing unless it is polled"]
    pub struct PhaseStream<S, O> {
        #[pin]
        stream: Option<S>,
        outcome: O,
        failure: Option<Outcome>,
        span: Option<PhaseSpan>,
        polling: bool,
    }

    impl<S, O> PinnedDrop for PhaseStream<S, O> {
        /// Drops the stream inside the phase, then ends the phase.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut span) = this.span.take() {
                {
                    let _guard = span.attach();
                    this.stream.set(None);
                }
                let left = if *this.polling { Outcome::panic() } else { Outcome::cancelled() };
                span.end(this.failure.take().unwrap_or(left));
            }
        }
    }
}

impl<S, O> PhaseStream<S, O> {
    pub(super) fn new(span: Option<PhaseSpan>, stream: S, outcome: O) -> Self {
        Self {
            stream: Some(stream),
            outcome,
            failure: None,
            span,
            polling: false,
        }
    }
}

impl<S, O> fmt::Debug for PhaseStream<S, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PhaseStream")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

impl<S, O> Stream for PhaseStream<S, O>
where
    S: Stream,
    O: FnMut(&S::Item) -> Outcome,
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        let Some(stream) = this.stream.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(span) = this.span.as_mut() else {
            return stream.poll_next(context);
        };
        *this.polling = true;
        let polled = {
            let _guard = span.attach();
            stream.poll_next(context)
        };
        *this.polling = false;
        let item = task::ready!(polled);
        match &item {
            Some(item) if this.failure.is_none() => {
                let outcome = looked(|| (this.outcome)(item));
                *this.failure = outcome.is_error().then_some(outcome);
            }
            Some(_) => {}
            None => {
                span.end(this.failure.take().unwrap_or(Outcome::value()));
                *this.span = None;
            }
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}
