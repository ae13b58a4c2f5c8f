//! What was accepted of one answer.

use super::report::IngestReport;
use crate::otlp::{OtlpPayload, Span};

/// What was accepted of one answer, and the report on all of it.
#[derive(Debug, Clone, Default)]
pub struct Ingested {
    pub(super) payload: Option<OtlpPayload>,
    pub(super) spans: Vec<Span>,
    pub(super) report: IngestReport,
}

impl Ingested {
    /// The accepted spans as text, ready to be sent on: byte for byte what the server sent. `None` if there are none.
    #[must_use]
    pub fn payload(&self) -> Option<&OtlpPayload> {
        self.payload.as_ref()
    }

    /// The accepted spans, those nearest to the caller's span first. What they say is the server's word: print it
    /// through [`printable`](crate::render::printable).
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// What became of everything that was received.
    #[must_use]
    pub fn report(&self) -> &IngestReport {
        &self.report
    }

    /// All three, without a copy.
    #[must_use]
    pub fn into_parts(self) -> (Option<OtlpPayload>, Vec<Span>, IngestReport) {
        (self.payload, self.spans, self.report)
    }
}
