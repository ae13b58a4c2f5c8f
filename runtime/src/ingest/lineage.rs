//! Which spans descend from the caller's span.

use std::collections::{HashMap, HashSet, VecDeque};

use opentelemetry::trace::{SpanContext, SpanId, TraceId};

use super::reason::RejectReason;
use crate::otlp::SpanIds;

/// The spans of one answer, joined by their ids (SEP-2448 C06).
pub(super) struct Lineage {
    /// One for each span: why it is not accepted. A span that nobody reaches stays `Disconnected`.
    verdicts: Vec<Result<(), RejectReason>>,
    roots: Vec<usize>,
    /// Topmost spans under a span nobody knows.
    strays: HashSet<usize>,
    children: HashMap<SpanId, Vec<usize>>,
    ids: Vec<SpanId>,
}

/// What became of each span, and how many of the accepted ones are under a span nobody knows.
pub(super) struct Admitted {
    pub(super) verdicts: Vec<Result<(), RejectReason>>,
    pub(super) reparented: usize,
}

/// What is known from before of an id in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    New,
    /// The caller's own.
    Own,
    /// Of a span accepted before.
    Ingested,
}

impl Lineage {
    /// Judges every span by its ids alone. `reparented` takes spans that are topmost under a span nobody knows.
    pub(super) fn new(
        spans: &[SpanIds],
        caller: &SpanContext,
        reparented: bool,
        known: impl Fn(TraceId, SpanId) -> Known,
    ) -> Self {
        let in_trace = |span: &&SpanIds| span.trace_id == caller.trace_id();
        let sent: HashSet<_> = spans
            .iter()
            .filter(in_trace)
            .map(|span| span.span_id)
            .collect();
        let is_own = |id| id == caller.span_id() || known(caller.trace_id(), id) == Known::Own;
        let mut seen = HashSet::with_capacity(sent.len());
        let mut lineage = Self {
            verdicts: Vec::with_capacity(spans.len()),
            roots: Vec::new(),
            strays: HashSet::new(),
            children: HashMap::new(),
            ids: spans.iter().map(|span| span.span_id).collect(),
        };
        for (index, span) in spans.iter().enumerate() {
            let parent = span.parent_span_id;
            let is_ingested = known(span.trace_id, span.span_id) == Known::Ingested;
            let reason = if in_trace(&span) && is_own(span.span_id) {
                RejectReason::OwnId
            } else if is_ingested {
                // In whatever trace: an answer out of a cache carries that of the call that filled it.
                RejectReason::AlreadyIngested
            } else if !in_trace(&span) {
                RejectReason::ForeignTrace
            } else if !seen.insert(span.span_id) {
                RejectReason::DuplicateId
            } else if parent == caller.span_id() {
                lineage.roots.push(index);
                RejectReason::Disconnected
            } else if sent.contains(&parent) {
                lineage.children.entry(parent).or_default().push(index);
                RejectReason::Disconnected
            } else if reparented && parent != SpanId::INVALID && !is_own(parent) {
                lineage.roots.push(index);
                lineage.strays.insert(index);
                RejectReason::Disconnected
            } else {
                RejectReason::ForeignParent
            };
            lineage.verdicts.push(Err(reason));
        }
        lineage
    }

    /// Walks down from the caller's span, those nearest to it first, and asks `check` for each span until `max` are
    /// accepted. What is below a span that `check` refuses is not reached.
    pub(super) fn admit(
        mut self,
        max: usize,
        mut check: impl FnMut(usize) -> Result<(), RejectReason>,
    ) -> Admitted {
        let mut queue: VecDeque<_> = self.roots.into();
        let (mut accepted, mut reparented) = (0, 0);
        while let Some(index) = queue.pop_front() {
            let over = accepted == max;
            let verdict = match over {
                true => Err(RejectReason::TooManySpans),
                false => check(index),
            };
            accepted += usize::from(verdict.is_ok());
            reparented += usize::from(verdict.is_ok() && self.strays.contains(&index));
            if (verdict.is_ok() || over)
                && let Some(id) = self.ids.get(index)
            {
                queue.extend(self.children.remove(id).into_iter().flatten());
            }
            if let Some(slot) = self.verdicts.get_mut(index) {
                *slot = verdict;
            }
        }
        Admitted {
            verdicts: self.verdicts,
            reparented,
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{TraceFlags, TraceState};

    use super::*;

    const CALLER: u64 = 100;

    fn caller() -> SpanContext {
        let (trace, span) = (TraceId::from(1), SpanId::from(CALLER));
        SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE)
    }

    /// Spans as (trace, id, parent).
    fn spans(ids: &[(u128, u64, u64)]) -> Vec<SpanIds> {
        ids.iter()
            .map(|&(trace, id, parent)| SpanIds {
                trace_id: TraceId::from(trace),
                span_id: SpanId::from(id),
                parent_span_id: SpanId::from(parent),
            })
            .collect()
    }

    /// One word a span; 50 is another span of the caller's, 60 was accepted before, and `check` refuses 70.
    fn verdicts(ids: &[(u128, u64, u64)], reparented: bool, max: usize) -> String {
        let known = |_, id| match id {
            id if id == SpanId::from(50) => Known::Own,
            id if id == SpanId::from(60) => Known::Ingested,
            _ => Known::New,
        };
        let spans = spans(ids);
        let check = |index: usize| match spans[index].span_id == SpanId::from(70) {
            true => Err(RejectReason::Malformed),
            false => Ok(()),
        };
        let admitted = Lineage::new(&spans, &caller(), reparented, known).admit(max, check);
        let words = admitted.verdicts.iter().map(|verdict| match verdict {
            Ok(()) => "ok",
            Err(reason) => reason.as_str(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn children_may_stand_before_their_parents() {
        assert_eq!(
            verdicts(&[(1, 3, 2), (1, 2, 1), (1, 1, CALLER)], false, 9),
            "ok ok ok"
        );
    }

    #[test]
    fn several_roots_under_the_callers_span_are_fine() {
        assert_eq!(
            verdicts(&[(1, 1, CALLER), (1, 2, CALLER)], false, 9),
            "ok ok"
        );
    }

    #[test]
    fn another_trace_is_not_ours_whatever_its_parent() {
        assert_eq!(
            verdicts(&[(2, 1, CALLER), (1, 2, 1)], false, 9),
            "foreign_trace foreign_parent"
        );
    }

    #[test]
    fn a_root_needs_the_callers_span_as_parent() {
        for reparented in [false, true] {
            assert_eq!(
                verdicts(&[(1, 1, 0), (1, 2, 1)], reparented, 9),
                "foreign_parent disconnected"
            );
            assert_eq!(verdicts(&[(1, 1, 50)], reparented, 9), "foreign_parent");
        }
        assert_eq!(
            verdicts(&[(1, 1, 77), (1, 2, 1)], false, 9),
            "foreign_parent disconnected"
        );
        assert_eq!(verdicts(&[(1, 1, 77), (1, 2, 1)], true, 9), "ok ok");
    }

    #[test]
    fn ids_of_the_callers_own_are_not_for_others() {
        assert_eq!(
            verdicts(
                &[(1, CALLER, 1), (1, 50, CALLER), (1, 1, CALLER), (1, 2, 50)],
                true,
                9
            ),
            "own_id own_id ok disconnected"
        );
    }

    #[test]
    fn the_first_of_two_with_one_id_is_kept() {
        assert_eq!(
            verdicts(
                &[(1, 1, CALLER), (1, 1, CALLER), (1, 2, 1), (1, 1, 2)],
                false,
                9
            ),
            "ok duplicate_id ok duplicate_id"
        );
        assert_eq!(
            verdicts(&[(2, 1, CALLER), (1, 1, CALLER)], false, 9),
            "foreign_trace ok"
        );
    }

    #[test]
    fn what_was_accepted_before_is_not_accepted_again() {
        assert_eq!(
            verdicts(&[(1, 60, CALLER), (1, 1, 60)], true, 9),
            "already_ingested disconnected"
        );
    }

    #[test]
    fn cycles_reach_nobody() {
        assert_eq!(
            verdicts(&[(1, 1, 2), (1, 2, 1), (1, 3, 3), (1, 4, 1)], true, 9),
            "disconnected disconnected disconnected disconnected"
        );
    }

    #[test]
    fn what_is_below_a_refused_span_is_not_connected() {
        assert_eq!(
            verdicts(
                &[(1, 2, 70), (1, 70, CALLER), (1, 3, 2), (1, 4, CALLER)],
                true,
                9
            ),
            "disconnected malformed disconnected ok"
        );
    }

    #[test]
    fn over_the_limit_the_nearest_to_the_caller_stay() {
        let ids = [(1, 4, 3), (1, 3, 2), (1, 2, 1), (1, 9, 1), (1, 1, CALLER)];
        for (max, expected) in [
            (
                0,
                "too_many_spans too_many_spans too_many_spans too_many_spans too_many_spans",
            ),
            (3, "too_many_spans too_many_spans ok ok ok"),
            (4, "too_many_spans ok ok ok ok"),
            (5, "ok ok ok ok ok"),
            (6, "ok ok ok ok ok"),
        ] {
            assert_eq!(verdicts(&ids, false, max), expected, "{max}");
        }
    }

    #[test]
    fn what_is_refused_does_not_count_against_the_limit() {
        assert_eq!(
            verdicts(&[(1, 70, CALLER), (1, 1, CALLER), (1, 2, CALLER)], false, 1),
            "malformed ok too_many_spans"
        );
    }
}
