//! Answers that never come.

use std::time::Duration;

/// How long an answer is waited for: longer than any test has to, so that one
/// that is lost fails a test instead of holding it up for ever.
const LOST_AFTER: Duration = Duration::from_secs(300);

/// What `answer` gives.
///
/// # Panics
///
/// When it is not there in five minutes.
pub async fn unless_lost<T>(answer: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(LOST_AFTER, answer).await;
    waited.unwrap_or_else(|_| panic!("no answer after {LOST_AFTER:?}"))
}
