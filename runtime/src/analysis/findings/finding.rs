//! The kinds of findings, and what all of them have.

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::SpanId;

use super::{
    ClockSkew, DominantPhase, Failure, IdenticalCalls, Incomplete, OutsideServer, RepeatedCalls,
    Retries, UncoveredTime, Waterfall,
};

/// An observation on a trace. Its `Display` is one plain sentence, safe to print.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// Something failed, and other spans with it.
    Failure(Failure),
    /// Calls of the same shape run one after another: the N+1 pattern.
    RepeatedCalls(RepeatedCalls),
    /// Different calls run one after another.
    Waterfall(Waterfall),
    /// The same call is made several times.
    IdenticalCalls(IdenticalCalls),
    /// Attempts at a call failed before one went well.
    Retries(Retries),
    /// Time passes inside a span without a span to say what for.
    UncoveredTime(UncoveredTime),
    /// Time passes between a caller and its server.
    OutsideServer(OutsideServer),
    /// One phase takes most of the call, and the answer does not show what it does inside.
    DominantPhase(DominantPhase),
    /// A server's clock disagrees with its caller's.
    ClockSkew(ClockSkew),
    /// Spans are missing.
    Incomplete(Incomplete),
    /// There is more to say than is said.
    More(More),
}

/// Findings beyond [`MAX_FINDINGS`](super::MAX_FINDINGS).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct More {
    /// How many there are.
    pub count: usize,
}

impl Finding {
    /// What kind of observation it is, in a word or two: `N+1`, `Gap`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Failure(_) => "Error",
            Self::RepeatedCalls(_) => "N+1",
            Self::Waterfall(_) => "Waterfall",
            Self::IdenticalCalls(_) => "Same call",
            Self::Retries(_) => "Retries",
            Self::UncoveredTime(_) => "Gap",
            Self::OutsideServer(_) => "Outside the server",
            Self::DominantPhase(_) => "Slowest phase",
            Self::ClockSkew(_) => "Clock skew",
            Self::Incomplete(_) => "Incomplete",
            Self::More(_) => "More",
        }
    }

    /// The time that the observation is about, never more than the whole call took; `None` if it is not about time.
    #[must_use]
    pub fn cost(&self) -> Option<Duration> {
        match self {
            Self::Failure(finding) => finding.cost,
            Self::RepeatedCalls(finding) => Some(finding.cost),
            Self::Waterfall(finding) => Some(finding.cost),
            Self::IdenticalCalls(finding) => Some(finding.cost),
            Self::Retries(finding) => Some(finding.cost),
            Self::UncoveredTime(finding) => Some(finding.cost),
            Self::OutsideServer(finding) => Some(finding.cost),
            Self::DominantPhase(finding) => Some(finding.cost),
            Self::ClockSkew(_) | Self::Incomplete(_) | Self::More(_) => None,
        }
    }

    /// The spans that the observation rests on; none if it is about spans that are not in the tree.
    #[must_use]
    pub fn evidence(&self) -> &[SpanId] {
        match self {
            Self::Failure(finding) => &finding.evidence,
            Self::RepeatedCalls(finding) => &finding.evidence,
            Self::Waterfall(finding) => &finding.evidence,
            Self::IdenticalCalls(finding) => &finding.evidence,
            Self::Retries(finding) => &finding.evidence,
            Self::UncoveredTime(finding) => &finding.evidence,
            Self::OutsideServer(finding) => &finding.evidence,
            Self::DominantPhase(finding) => std::slice::from_ref(&finding.evidence),
            Self::ClockSkew(finding) => &finding.evidence,
            Self::Incomplete(finding) => &finding.evidence,
            Self::More(_) => &[],
        }
    }

    /// Failures, then what costs time, then what limits how far all this can be believed.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Failure(_) => 0,
            Self::ClockSkew(_) => 2,
            Self::Incomplete(_) => 3,
            Self::More(_) => 4,
            _ => 1,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failure(finding) => finding.fmt(f),
            Self::RepeatedCalls(finding) => finding.fmt(f),
            Self::Waterfall(finding) => finding.fmt(f),
            Self::IdenticalCalls(finding) => finding.fmt(f),
            Self::Retries(finding) => finding.fmt(f),
            Self::UncoveredTime(finding) => finding.fmt(f),
            Self::OutsideServer(finding) => finding.fmt(f),
            Self::DominantPhase(finding) => finding.fmt(f),
            Self::ClockSkew(finding) => finding.fmt(f),
            Self::Incomplete(finding) => finding.fmt(f),
            Self::More(finding) => finding.fmt(f),
        }
    }
}

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(
            f,
            "{} more observation{plural} of the same kinds",
            self.count
        )
    }
}
