//! The handle.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::backlog::Backlog;
use super::builder::ForwarderBuilder;
use super::exporter::ForwardExporter;
use super::report::ForwardReport;
use super::worker::Control;
use crate::otlp::OtlpPayload;

/// How much longer than its deadline a shutdown may take, for writing to disk.
const WRITING: Duration = Duration::from_secs(5);
/// As good as no deadline.
const LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Takes spans, and sends them on in the background. Cheap to clone.
///
/// End it by [`shutdown`](Self::shutdown). When the last handle is dropped without, its tasks end at once, and what
/// waits goes to the spool, or is counted and logged as lost.
#[derive(Debug, Clone)]
pub struct Forwarder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    backlogs: Vec<Arc<Backlog>>,
    control: watch::Sender<Control>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.end(Instant::now());
    }
}

impl Shared {
    fn end(&self, at: Instant) {
        for backlog in &self.backlogs {
            backlog.close();
        }
        self.control.send_replace(Control::End(at));
    }
}

impl Forwarder {
    /// Starts with no sink and every default.
    pub fn builder() -> ForwarderBuilder {
        ForwarderBuilder::new()
    }

    pub(super) fn new(backlogs: Vec<Arc<Backlog>>, control: watch::Sender<Control>) -> Self {
        Self {
            shared: Arc::new(Shared { backlogs, control }),
        }
    }

    /// Queues spans for every sink. Never blocks and never fails: what finds no room is counted as lost.
    pub fn forward(&self, payload: OtlpPayload) {
        if payload.span_count() == 0 {
            return;
        }
        if let Some((last, others)) = self.shared.backlogs.split_last() {
            for backlog in others {
                backlog.add(payload.clone());
            }
            last.add(payload);
        }
    }

    /// An exporter for the process's own spans.
    #[must_use]
    pub fn exporter(&self) -> ForwardExporter {
        ForwardExporter::new(self.clone())
    }

    /// What has become of all spans so far.
    #[must_use]
    pub fn report(&self) -> ForwardReport {
        let sinks = self.shared.backlogs.iter();
        ForwardReport {
            sinks: sinks.map(|backlog| backlog.report()).collect(),
        }
    }

    /// Takes no more, sends what waits for as long as `deadline` allows, and says what became of it all. What is left
    /// goes to the spool, or is lost.
    ///
    /// # Cancel safety
    ///
    /// The tasks go on until the deadline if this is dropped; calling it again waits again.
    pub async fn shutdown(&self, deadline: Duration) -> ForwardReport {
        let now = Instant::now();
        let deadline = deadline.min(LONG);
        self.shared.end(now + deadline);
        // Elapses only if a disk hangs; the report then says what still waits.
        let _ = timeout(deadline + WRITING, self.shared.control.closed()).await;
        self.report()
    }

    pub(super) fn is_open(&self) -> bool {
        self.shared.backlogs.iter().any(|backlog| backlog.is_open())
    }

    /// Has what waits sent without waiting for more.
    pub(super) fn hurry(&self) {
        for backlog in &self.shared.backlogs {
            backlog.hurry();
        }
    }
}
