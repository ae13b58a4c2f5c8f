//! The author's code, while its client waits.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::CatchUnwind;
use pin_project_lite::pin_project;
use rmcp::ErrorData;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::instrument::note_failure;
use crate::semconv;

/// Runs the author's code. Of a request that the client cancels it is dropped,
/// as is usual for Rust futures: its phases end as cancelled. A panic is caught
/// here (`None`), since otherwise the client would wait for an answer that never
/// comes.
pub(super) fn attend<F: Future>(code: F, cancelled: &CancellationToken) -> Attended<F> {
    Attended {
        code: AssertUnwindSafe(code).catch_unwind(),
        cancelled: cancelled.clone().cancelled_owned(),
    }
}

pin_project! {
    /// Code of the author's that [`attend`] runs. It is held once, and not for
    /// each step that looks after it: every call in flight has one.
    pub(super) struct Attended<F> {
        #[pin]
        code: CatchUnwind<AssertUnwindSafe<F>>,
        #[pin]
        cancelled: WaitForCancellationFutureOwned,
    }
}

impl<F: Future> Future for Attended<F> {
    type Output = Result<Option<F::Output>, ErrorData>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // What is done counts, also if it is not wanted any more.
        if let Poll::Ready(answer) = this.code.poll(context) {
            let answer = answer.inspect_err(|_panic| note_failure(semconv::ERROR_PANIC));
            return Poll::Ready(Ok(answer.ok()));
        }
        let cancelled = this.cancelled.poll(context);
        cancelled.map(|()| Err(ErrorData::internal_error("the call was cancelled", None)))
    }
}
