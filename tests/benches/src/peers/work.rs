//! What the tools of every peer do: nothing that costs, so that what is measured is what is around it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::Deserialize;
use tokio::sync::Notify;

/// Spans of a call besides one for each message: the root, `auth.validate`, `gmail.list_messages` with a request of its
/// own, `gmail.fetch_details`, and `format_response`.
const FIXED_SPANS: u32 = 6;

/// Messages of a call of `list_emails` that makes so many spans; six are the fewest.
#[must_use]
pub const fn messages(spans: u32) -> u32 {
    spans.saturating_sub(FIXED_SPANS)
}

/// Arguments of `list_emails`.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(crate) struct Arguments {
    /// Number of emails to return
    pub(crate) messages: u32,
}

/// Looks at a token.
pub(crate) async fn token() {}

/// Sends a request, and gets one answer.
pub(crate) async fn get() -> u32 {
    1
}

/// The answer.
pub(crate) fn shown(messages: u32) -> String {
    format!("{messages} messages")
}

/// Where calls wait in the middle of their work, if it is closed.
pub static GATE: Gate = Gate {
    closed: AtomicBool::new(false),
    waiting: AtomicUsize::new(0),
    opened: Notify::const_new(),
};

/// Holds calls back, all at once.
#[derive(Debug)]
pub struct Gate {
    closed: AtomicBool,
    waiting: AtomicUsize,
    opened: Notify,
}

impl Gate {
    /// Calls wait from here on.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Lets all calls go on.
    pub fn open(&self) {
        self.closed.store(false, Ordering::Release);
        self.opened.notify_waiters();
    }

    /// Calls that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    pub(crate) async fn pass(&self) {
        if self.closed.load(Ordering::Acquire) {
            self.waiting.fetch_add(1, Ordering::AcqRel);
            self.opened.notified().await;
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
