//! What became of what a server returned.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use super::reason::RejectReason;

/// What became of the spans of one answer, or of several added up. Its `Display` is one plain line, safe to print.
///
/// Every span that was counted is accepted or rejected for one reason. Telemetry that could not be read was refused, and
/// how many spans it held is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    accepted: usize,
    rejected: BTreeMap<RejectReason, usize>,
    refused: BTreeMap<RejectReason, usize>,
    refused_bytes: usize,
    reparented: usize,
    server_truncated: bool,
    server_dropped: u64,
}

impl IngestReport {
    /// Spans that were received and could be counted.
    #[must_use]
    pub fn received(&self) -> usize {
        self.rejected_total().saturating_add(self.accepted)
    }

    /// Spans that were accepted.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Spans that were rejected for a reason.
    #[must_use]
    pub fn rejected(&self, reason: RejectReason) -> usize {
        self.rejected.get(&reason).copied().unwrap_or_default()
    }

    /// Spans that were rejected.
    #[must_use]
    pub fn rejected_total(&self) -> usize {
        self.rejected
            .values()
            .fold(0, |sum, &spans| sum.saturating_add(spans))
    }

    /// The reasons for which spans were rejected, each with how many.
    pub fn rejections(&self) -> impl Iterator<Item = (RejectReason, usize)> + '_ {
        self.rejected
            .iter()
            .map(|(&reason, &spans)| (reason, spans))
    }

    /// The reasons for which telemetry was refused unread, each with how many answers, or entries of one.
    pub fn refusals(&self) -> impl Iterator<Item = (RejectReason, usize)> + '_ {
        self.refused.iter().map(|(&reason, &parts)| (reason, parts))
    }

    /// The size of what was refused unread, in bytes.
    #[must_use]
    pub fn refused_bytes(&self) -> usize {
        self.refused_bytes
    }

    /// Accepted spans that are topmost in the answer under another span than the caller's: something between caller and
    /// server has a span of its own there. Always 0 unless [`Ingest::with_reparented`](super::Ingest::with_reparented).
    #[must_use]
    pub fn reparented(&self) -> usize {
        self.reparented
    }

    /// Whether the server says that it held spans back (March 2026 revision).
    #[must_use]
    pub fn server_truncated(&self) -> bool {
        self.server_truncated
    }

    /// How many spans the server says it held back (March 2026 revision); 0 if it does not say.
    #[must_use]
    pub fn server_dropped(&self) -> u64 {
        self.server_dropped
    }

    /// Whether all that was received was accepted. What the server itself held back does not count.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.rejected.is_empty() && self.refused.is_empty()
    }

    pub(super) fn accept(&mut self) {
        self.accepted += 1;
    }

    pub(super) fn reject(&mut self, reason: RejectReason, spans: usize) {
        if spans > 0 {
            add(&mut self.rejected, reason, spans);
        }
    }

    pub(super) fn refuse(&mut self, reason: RejectReason, parts: usize, bytes: usize) {
        if parts > 0 {
            add(&mut self.refused, reason, parts);
            self.refused_bytes = self.refused_bytes.saturating_add(bytes);
        }
    }

    pub(super) fn reparent(&mut self, spans: usize) {
        self.reparented = spans;
    }

    pub(super) fn server_says(&mut self, truncated: bool, dropped: u64) {
        self.server_truncated = truncated;
        self.server_dropped = dropped;
    }
}

fn add(counts: &mut BTreeMap<RejectReason, usize>, reason: RejectReason, more: usize) {
    let count = counts.entry(reason).or_default();
    *count = count.saturating_add(more);
}

impl AddAssign<&Self> for IngestReport {
    fn add_assign(&mut self, other: &Self) {
        self.accepted = self.accepted.saturating_add(other.accepted);
        for (reason, spans) in other.rejections() {
            add(&mut self.rejected, reason, spans);
        }
        for (reason, parts) in other.refusals() {
            add(&mut self.refused, reason, parts);
        }
        self.refused_bytes = self.refused_bytes.saturating_add(other.refused_bytes);
        self.reparented = self.reparented.saturating_add(other.reparented);
        self.server_truncated = self.server_truncated || other.server_truncated;
        self.server_dropped = self.server_dropped.saturating_add(other.server_dropped);
    }
}

impl fmt::Display for IngestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let received = self.received();
        match received {
            0 if !self.refused.is_empty() => {}
            0 => f.write_str("no spans returned")?,
            1 => f.write_str("1 span received")?,
            _ => write!(f, "{received} spans received")?,
        }
        if received > 0 {
            write!(f, ", {} accepted", self.accepted)?;
        }
        if self.reparented > 0 {
            write!(
                f,
                " ({} under a span unknown to the caller)",
                self.reparented
            )?;
        }
        if !self.rejected.is_empty() {
            write!(f, ", {} rejected: ", self.rejected_total())?;
            for (index, (reason, spans)) in self.rejections().enumerate() {
                write!(f, "{}{spans} {reason}", if index == 0 { "" } else { ", " })?;
            }
        }
        if !self.refused.is_empty() {
            let separator = if received == 0 { "" } else { "; " };
            write!(
                f,
                "{separator}{} bytes refused unread: ",
                self.refused_bytes
            )?;
            for (index, (reason, _)) in self.refusals().enumerate() {
                write!(f, "{}{reason}", if index == 0 { "" } else { ", " })?;
            }
        }
        match (self.server_dropped, self.server_truncated) {
            (0, false) => Ok(()),
            (0, true) => f.write_str("; the server held some back"),
            (dropped, _) => write!(f, "; the server held {dropped} back"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(accepted: usize, rejected: &[(RejectReason, usize)]) -> IngestReport {
        let mut report = IngestReport::default();
        (0..accepted).for_each(|_| report.accept());
        for &(reason, spans) in rejected {
            report.reject(reason, spans);
        }
        report
    }

    #[test]
    fn is_one_plain_line() {
        assert_eq!(report(0, &[]).to_string(), "no spans returned");
        assert_eq!(report(1, &[]).to_string(), "1 span received, 1 accepted");
        assert_eq!(report(9, &[]).to_string(), "9 spans received, 9 accepted");
        let rejected = [
            (RejectReason::DuplicateId, 1),
            (RejectReason::ForeignTrace, 2),
        ];
        assert_eq!(
            report(9, &rejected).to_string(),
            "12 spans received, 9 accepted, 3 rejected: 2 of another trace, 1 with an id sent twice"
        );
    }

    #[test]
    fn says_what_was_refused_unread_and_what_the_server_held_back() {
        let mut refused = IngestReport::default();
        refused.refuse(RejectReason::TooLarge, 1, 52_428_800);
        assert_eq!(
            refused.to_string(),
            "52428800 bytes refused unread: too large"
        );
        assert_eq!((refused.received(), refused.is_complete()), (0, false));

        let mut report = report(3, &[]);
        report.reparent(1);
        report.refuse(RejectReason::Malformed, 2, 40);
        report.server_says(true, 7);
        assert_eq!(
            report.to_string(),
            "3 spans received, 3 accepted (1 under a span unknown to the caller); 40 bytes refused unread: malformed; \
             the server held 7 back"
        );
    }

    #[test]
    fn adds_up() {
        let mut total = report(2, &[(RejectReason::OwnId, 1)]);
        let mut other = report(3, &[(RejectReason::OwnId, 1), (RejectReason::InvalidId, 4)]);
        other.server_says(true, 0);
        total += &other;
        assert_eq!((total.received(), total.accepted()), (11, 5));
        assert_eq!(total.rejected(RejectReason::OwnId), 2);
        assert!(total.server_truncated() && !total.is_complete());
        assert!(total.to_string().ends_with("; the server held some back"));
    }
}
