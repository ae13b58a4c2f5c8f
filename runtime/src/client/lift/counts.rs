//! What the answers of a client held.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::envelope::Refusal;

/// What one message held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    pub(super) lifted: u64,
    pub(super) too_large: u64,
    pub(super) not_utf8: u64,
    pub(super) ambiguous: u64,
    pub(super) left_out: u64,
    pub(super) march_advertisements: u64,
}

impl Findings {
    pub(super) fn telemetry(&mut self, taken: Result<usize, Refusal>) {
        let count = match taken {
            Ok(_) => &mut self.lifted,
            Err(Refusal::TooLarge) => &mut self.too_large,
            Err(Refusal::NotUtf8) => &mut self.not_utf8,
            Err(Refusal::Ambiguous) => &mut self.ambiguous,
        };
        *count = count.saturating_add(1);
    }
}

/// What was found in all answers so far. `Display` is one plain line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiftCounts {
    /// Answers whose telemetry was taken.
    pub lifted: u64,
    /// Telemetry over the bound ([`Refusal::TooLarge`]).
    pub too_large: u64,
    /// Telemetry that is no text ([`Refusal::NotUtf8`]).
    pub not_utf8: u64,
    /// Telemetry given more than once ([`Refusal::Ambiguous`]).
    pub ambiguous: u64,
    /// `_meta`, or members of it, that were left out because they are over a
    /// bound or rmcp could not have decoded them.
    pub left_out: u64,
    /// Answers that advertise passback in the March 2026 form, the top-level
    /// capability `serverExecutionTelemetry`, which rmcp's types drop.
    pub march_advertisements: u64,
}

impl LiftCounts {
    /// Telemetry that was not taken, whatever the reason.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.too_large
            .saturating_add(self.not_utf8)
            .saturating_add(self.ambiguous)
    }
}

impl fmt::Display for LiftCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "telemetry of {} answers taken, of {} refused ({} too large, {} not UTF-8, \
             {} ambiguous), {} other parts of `_meta` left out",
            self.lifted,
            self.refused(),
            self.too_large,
            self.not_utf8,
            self.ambiguous,
            self.left_out
        )
    }
}

/// [`LiftCounts`] that many transports add to.
#[derive(Debug, Default)]
pub(super) struct Counters {
    lifted: AtomicU64,
    too_large: AtomicU64,
    not_utf8: AtomicU64,
    ambiguous: AtomicU64,
    left_out: AtomicU64,
    march_advertisements: AtomicU64,
}

impl Counters {
    pub(super) fn add(&self, findings: Findings) {
        for (counter, found) in [
            (&self.lifted, findings.lifted),
            (&self.too_large, findings.too_large),
            (&self.not_utf8, findings.not_utf8),
            (&self.ambiguous, findings.ambiguous),
            (&self.left_out, findings.left_out),
            (&self.march_advertisements, findings.march_advertisements),
        ] {
            if found > 0 {
                counter.fetch_add(found, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn counts(&self) -> LiftCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LiftCounts {
            lifted: read(&self.lifted),
            too_large: read(&self.too_large),
            not_utf8: read(&self.not_utf8),
            ambiguous: read(&self.ambiguous),
            left_out: read(&self.left_out),
            march_advertisements: read(&self.march_advertisements),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_what_messages_held() {
        let counters = Counters::default();
        let mut findings = Findings::default();
        findings.telemetry(Ok(1));
        for reason in Refusal::ALL {
            findings.telemetry(Err(reason));
        }
        counters.add(findings);
        counters.add(findings);
        let counts = counters.counts();
        assert_eq!((counts.lifted, counts.refused()), (2, 6));
        assert_eq!(
            counts.to_string(),
            "telemetry of 2 answers taken, of 6 refused (2 too large, 2 not UTF-8, \
             2 ambiguous), 0 other parts of `_meta` left out"
        );
    }
}
