//! What was held back or refused, for the server's author.

use std::sync::atomic::{AtomicU64, Ordering};

/// What one server has held back and refused since it was built, over all
/// requests.
///
/// The answer itself tells its client what is missing from it
/// (`droppedSpanCount` and OTLP's own counts); this is for the server's
/// metrics. Nothing here names a caller or a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassbackCounts {
    /// Requests that asked and were granted nothing.
    pub refused_requests: u64,
    /// Requests that asked and were over their caller's rate.
    pub rate_limited_requests: u64,
    /// Callers whose rate was forgotten to make room for others.
    pub evicted_callers: u64,
    /// Grant and caller functions that panicked; the request was refused.
    pub failed_grants: u64,
    /// Spans left out by the policy, with their subtrees.
    pub hidden_spans: u64,
    /// Spans merged into their parents by the policy.
    pub merged_spans: u64,
    /// Rounds of loops that ran without a span, because the loop's phase was at
    /// its bound (`#[phase("...", rounds = 100)]`).
    pub unrecorded_rounds: u64,
    /// Attributes the policy did not let leave.
    pub withheld_attributes: u64,
    /// Redaction functions that panicked; the attribute was withheld.
    pub failed_redactions: u64,
    /// Spans that were asked for and left out of an answer, for whatever reason:
    /// the sum of all `droppedSpanCount`.
    pub dropped_spans: u64,
    /// Names, error texts and values that were cut to their bound.
    pub cut_values: u64,
    /// Answers that had no room for telemetry, or went another way than it did:
    /// on a stream that was resumed at that moment, or not at all.
    pub omitted_answers: u64,
    /// Known secrets found in what was about to leave, and replaced.
    pub redacted_secrets: u64,
    /// Requests with more secrets than can be looked for; none of their spans
    /// left.
    pub unsearched_requests: u64,
}

/// [`PassbackCounts`] while they grow.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(super) refused_requests: Counter,
    pub(super) rate_limited_requests: Counter,
    pub(super) evicted_callers: Counter,
    pub(super) failed_grants: Counter,
    pub(super) hidden_spans: Counter,
    pub(super) merged_spans: Counter,
    pub(super) unrecorded_rounds: Counter,
    pub(super) withheld_attributes: Counter,
    pub(super) failed_redactions: Counter,
    pub(super) dropped_spans: Counter,
    pub(super) cut_values: Counter,
    pub(super) omitted_answers: Counter,
    pub(super) redacted_secrets: Counter,
    pub(super) unsearched_requests: Counter,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> PassbackCounts {
        PassbackCounts {
            refused_requests: self.refused_requests.get(),
            rate_limited_requests: self.rate_limited_requests.get(),
            evicted_callers: self.evicted_callers.get(),
            failed_grants: self.failed_grants.get(),
            hidden_spans: self.hidden_spans.get(),
            merged_spans: self.merged_spans.get(),
            unrecorded_rounds: self.unrecorded_rounds.get(),
            withheld_attributes: self.withheld_attributes.get(),
            failed_redactions: self.failed_redactions.get(),
            dropped_spans: self.dropped_spans.get(),
            cut_values: self.cut_values.get(),
            omitted_answers: self.omitted_answers.get(),
            redacted_secrets: self.redacted_secrets.get(),
            unsearched_requests: self.unsearched_requests.get(),
        }
    }
}

impl Counters {
    /// Counts a text or a value, if it was cut.
    pub(super) fn count_cut(&self, was_cut: bool) {
        self.cut_values.add(usize::from(was_cut));
    }
}

/// What OTLP counts, as OTLP counts it.
pub(super) fn count(held_back: usize) -> u32 {
    u32::try_from(held_back).unwrap_or(u32::MAX)
}

/// A count of events that order nothing.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: usize) {
        if count > 0 {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            self.0.fetch_add(count, Ordering::Relaxed);
        }
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
