//! The end of a session, for what goes on beside its requests.

use std::sync::OnceLock;

use tokio_util::sync::{CancellationToken, DropGuard};

/// Ends with the session: rmcp drops its clone of the handler then.
#[derive(Debug, Default)]
pub(super) struct SessionEnding(OnceLock<DropGuard>);

impl SessionEnding {
    /// What is told of the end.
    pub(super) fn watch(&self) -> SessionEnd {
        let guard = self.0.get_or_init(|| CancellationToken::new().drop_guard());
        SessionEnd(guard.token().clone())
    }
}

/// Comes when the session is over. Handlers find it among the extensions of
/// `notifications/initialized`.
#[derive(Debug, Clone)]
pub(crate) struct SessionEnd(CancellationToken);

impl SessionEnd {
    /// Waits for the end.
    pub(crate) async fn ended(&self) {
        self.0.cancelled().await;
    }
}
