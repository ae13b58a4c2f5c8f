//! The signals that end a server.

/// SIGINT (Ctrl-C) and, on Unix, SIGTERM.
///
/// Watched from the moment this is made, so that a signal that comes while the
/// server starts is not lost.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    watched: Vec<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn watch() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        Self {
            watched: kinds
                .into_iter()
                .filter_map(|kind| signal(kind).ok())
                .collect(),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn watch() -> Self {
        Self {}
    }

    /// Waits for the first signal; forever where signals cannot be watched.
    #[cfg(unix)]
    pub(super) async fn recv(mut self) {
        std::future::poll_fn(|context| {
            let came = self
                .watched
                .iter_mut()
                .any(|signal| signal.poll_recv(context).is_ready());
            if came {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }

    /// Waits for Ctrl-C; forever where it cannot be watched.
    #[cfg(not(unix))]
    pub(super) async fn recv(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
