//! Functions that would hold up the async threads.

use rmcp::ErrorData;
use tokio::task::JoinHandle;

use super::call::{CallError, CallFuture};

/// Runs a function on a thread for blocking code, as part of the request.
///
/// A panic goes on in the caller's task, where those of all calls are caught.
///
/// # Cancel safety
///
/// Whoever drops the future does not wait for the thread: code that runs goes
/// on to its end, and its late spans are counted; code that has not begun never
/// does.
pub fn run_blocking<T: Send + 'static>(
    function: impl FnOnce() -> Result<T, CallError> + Send + 'static,
) -> CallFuture<T> {
    Box::pin(async move {
        let mut running = AbortOnDrop(crate::spawn_blocking(function));
        match (&mut running.0).await {
            Ok(answer) => answer,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(CallError::Protocol(ErrorData::internal_error(
                    "the server is shutting down",
                    None,
                ))),
            },
        }
    })
}

/// Takes back what has not begun.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
