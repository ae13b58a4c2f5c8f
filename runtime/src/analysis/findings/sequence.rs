//! Calls that one span makes one after another, and what they would take otherwise.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};

use super::survey::{Survey, follows};
use crate::analysis::Node;
use crate::analysis::interval::{Interval, union};

/// A phase counts as the wrapping of one call if the call takes at least three quarters of it. Ours.
const WRAPPED_SHARE: u32 = 4;

/// Children of one span, each of which begins when the one before has ended.
pub(super) struct Sequence<'a> {
    pub(super) parent: Node<'a>,
    /// At least one, ordered by start, all with times.
    pub(super) calls: Vec<Node<'a>>,
}

impl<'a> Sequence<'a> {
    /// What the calls take together, and never more than the whole call.
    pub(super) fn cost(&self, survey: &Survey<'_>) -> Duration {
        union(self.intervals()).min(survey.call(self.parent))
    }

    /// What they would take side by side.
    pub(super) fn longest(&self, survey: &Survey<'_>) -> Duration {
        let longest = self.intervals().map(Interval::duration).max();
        longest.unwrap_or_default().min(self.cost(survey))
    }

    /// What the whole call would take then; `None` if something ran beside the calls, which nothing is said about.
    pub(super) fn call_side_by_side(&self, survey: &Survey<'_>) -> Option<Duration> {
        let saving = self.cost(survey).saturating_sub(self.longest(survey));
        self.calls
            .iter()
            .all(|&call| survey.decides(call))
            .then(|| survey.call(self.parent).saturating_sub(saving))
    }

    /// From the first call's start to the last one's end.
    pub(super) fn hull(&self) -> Option<Interval> {
        Some(Interval {
            start: self.intervals().map(|call| call.start).min()?,
            end: self.intervals().map(|call| call.end).max()?,
        })
    }

    pub(super) fn ids(&self) -> Vec<SpanId> {
        self.calls.iter().map(|call| call.span().id()).collect()
    }

    pub(super) fn intervals(&self) -> impl Iterator<Item = Interval> {
        self.calls
            .iter()
            .filter_map(|call| Interval::of(call.span()))
    }
}

/// Whether the second span, which starts later, begins when the first has ended.
pub(super) fn is_followed_by(before: Node<'_>, after: Node<'_>) -> bool {
    let times = Interval::of(before.span()).zip(Interval::of(after.span()));
    times.is_some_and(|(before, after)| follows(before, after))
}

/// The one call that a phase wraps, through phases that hold nothing else; the call itself, if it is one.
pub(super) fn wrapped_call(node: Node<'_>) -> Option<Node<'_>> {
    let mut inner = node;
    while inner.span().kind() == SpanKind::Internal {
        let mut children = inner.children();
        inner = children.next().filter(|_| children.next().is_none())?;
    }
    let share = inner.span().duration()?.saturating_mul(WRAPPED_SHARE);
    let enough = node.span().duration()?.saturating_mul(WRAPPED_SHARE - 1);
    (inner.span().kind() == SpanKind::Client && share >= enough).then_some(inner)
}

/// How long calls take if at most `at_a_time` run at once, each started as soon as there is room.
pub(super) fn scheduled(durations: &[Duration], at_a_time: usize) -> Duration {
    let mut ends = BinaryHeap::new();
    let mut last = Duration::ZERO;
    for &duration in durations {
        let start = match ends.len() < at_a_time.max(1) {
            true => Duration::ZERO,
            false => ends.pop().map_or(Duration::ZERO, |Reverse(end)| end),
        };
        let end = duration.saturating_add(start);
        last = last.max(end);
        ends.push(Reverse(end));
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_starts_as_soon_as_there_is_room() {
        let seconds = |durations: &[u64]| -> Vec<_> {
            durations.iter().copied().map(Duration::from_secs).collect()
        };
        for (durations, at_a_time, took) in [
            (&[][..], 3, 0),
            (&[2, 2, 2], 1, 6),
            (&[2, 2, 2], 0, 6),
            (&[2, 2, 2], 2, 4),
            (&[2, 2, 2], 9, 2),
            (&[5, 1, 1, 1, 1], 2, 5),
        ] {
            let took = Duration::from_secs(took);
            assert_eq!(scheduled(&seconds(durations), at_a_time), took);
        }
    }
}
