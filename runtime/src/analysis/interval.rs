//! Stretches of time, clipped and united.

use std::time::Duration;

use crate::otlp::Span;

/// From `start` up to `end`, in nanoseconds of the producer's clock; never reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Interval {
    /// When a span ran, if its producer said so.
    pub(super) fn of(span: &Span) -> Option<Self> {
        span.is_timed().then(|| Self {
            start: span.start_unix_nano(),
            end: span.end_unix_nano(),
        })
    }

    pub(super) fn duration(self) -> Duration {
        Duration::from_nanos(self.end.saturating_sub(self.start))
    }

    /// The part of it within another one; `None` if no time is left.
    pub(super) fn within(self, other: Self) -> Option<Self> {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        (start < end).then_some(Self { start, end })
    }
}

/// What of `whole` is in none of `parts`, which are ordered by start.
pub(super) fn gaps(whole: Interval, parts: impl IntoIterator<Item = Interval>) -> Vec<Interval> {
    let mut found = Vec::new();
    let mut covered_until = whole.start;
    for part in parts.into_iter().filter_map(|part| part.within(whole)) {
        if part.start > covered_until {
            found.push(Interval {
                start: covered_until,
                end: part.start,
            });
        }
        covered_until = covered_until.max(part.end);
    }
    if covered_until < whole.end {
        found.push(Interval {
            start: covered_until,
            end: whole.end,
        });
    }
    found
}

/// How long the intervals last together, counting once where they overlap. They are ordered by start.
pub(super) fn union(parts: impl IntoIterator<Item = Interval>) -> Duration {
    let mut total = 0_u64;
    let mut covered_until = 0;
    for part in parts {
        total = total.saturating_add(part.end.saturating_sub(part.start.max(covered_until)));
        covered_until = covered_until.max(part.end);
    }
    Duration::from_nanos(total)
}

/// The sum of their lengths.
pub(super) fn total(parts: &[Interval]) -> Duration {
    parts.iter().fold(Duration::ZERO, |sum, part| {
        sum.saturating_add(part.duration())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(parts: &[(u64, u64)]) -> Vec<Interval> {
        parts
            .iter()
            .map(|&(start, end)| Interval { start, end })
            .collect()
    }

    #[test]
    fn gaps_are_what_no_part_covers() {
        let whole = intervals(&[(10, 20)])[0];
        for (parts, expected) in [
            (&[][..], &[(10, 20)][..]),
            (&[(0, 30)], &[]),
            (&[(0, 12), (11, 13), (15, 16)], &[(13, 15), (16, 20)]),
            (&[(12, 18), (13, 14)], &[(10, 12), (18, 20)]),
            (&[(0, 10), (15, 15), (20, 30)], &[(10, 20)]),
        ] {
            assert_eq!(gaps(whole, intervals(parts)), intervals(expected));
        }
    }

    #[test]
    fn a_union_counts_overlaps_once() {
        for (parts, nanos) in [
            (&[][..], 0),
            (&[(1, 5), (2, 3), (4, 8), (10, 11)], 8),
            (&[(0, u64::MAX), (1, u64::MAX)], u64::MAX),
        ] {
            assert_eq!(union(intervals(parts)), Duration::from_nanos(nanos));
        }
    }
}
