//! Calls of the same shape, one after another: the N+1.

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};

use super::sequence::{Sequence, is_followed_by, scheduled, wrapped_call};
use super::shape::{Shape, is_model_call};
use super::survey::Survey;
use super::wording::{CallName, Name};
use super::{MIN_REPEATS, MIN_SAVING};
use crate::analysis::Node;
use crate::render::duration_text;

/// How many calls at a time the sentence speaks of. Ours: what most services allow one caller; not all of a hundred.
const AT_A_TIME: usize = 5;

/// Calls of the same shape that one span makes one after another.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RepeatedCalls {
    /// The name of the span that makes the calls, as sent.
    pub parent: String,
    /// The calls' common name, as sent.
    pub name: String,
    /// The name of the phase that wraps each call, as sent.
    pub within: Option<String>,
    /// The calls' kind.
    pub kind: SpanKind,
    /// What each of them took, in order; the phase around it counts.
    pub durations: Vec<Duration>,
    /// What the calls took together.
    pub cost: Duration,
    /// What they would take side by side: the longest of them.
    pub side_by_side: Duration,
    /// What the whole call took: the topmost span over the calls.
    pub call: Duration,
    /// What the whole call would take then. `None` if something else was running meanwhile, which nothing is said about.
    pub call_side_by_side: Option<Duration>,
    /// The calls, in order.
    pub evidence: Vec<SpanId>,
}

impl RepeatedCalls {
    /// What the calls would take if at most `at_a_time` of them ran at once, each started as soon as there is room.
    #[must_use]
    pub fn at_a_time(&self, at_a_time: usize) -> Duration {
        scheduled(&self.durations, at_a_time).min(self.cost)
    }
}

/// The longest stretch of calls, ordered by start, in which each begins when the one before has ended.
///
/// Not of model calls, each of which needs the one before, nor of messages, whose order a queue decides.
pub(super) fn longest_run<'a>(parent: Node<'a>, group: &[Node<'a>]) -> Option<Sequence<'a>> {
    let first = group.first()?.span();
    if is_model_call(first) || first.kind() == SpanKind::Consumer {
        return None;
    }
    let calls = group
        .chunk_by(|&before, &after| is_followed_by(before, after))
        .filter(|run| run.len() >= MIN_REPEATS)
        .max_by_key(|run| run.len())?
        .to_vec();
    Some(Sequence { parent, calls })
}

/// What there is to say of a run, if side by side the call would be shorter by more than it varies anyway.
pub(super) fn describe(survey: &Survey<'_>, run: &Sequence<'_>) -> Option<RepeatedCalls> {
    let first = run.calls.first()?.span();
    let cost = run.cost(survey);
    let side_by_side = run.longest(survey);
    let call = survey.call(run.parent);
    let saving = cost.saturating_sub(side_by_side);
    if saving.is_zero() || saving < call / MIN_SAVING {
        return None;
    }
    let wrapped = wrapped_calls(run);
    let (name, kind, evidence) = match wrapped.first() {
        Some(call) => {
            let ids = wrapped.iter().map(|call| call.span().id()).collect();
            (call.span().name(), call.span().kind(), ids)
        }
        None => (first.name(), first.kind(), run.ids()),
    };
    Some(RepeatedCalls {
        parent: run.parent.span().name().to_owned(),
        name: name.to_owned(),
        within: (!wrapped.is_empty()).then(|| first.name().to_owned()),
        kind,
        durations: run.intervals().map(|call| call.duration()).collect(),
        cost,
        side_by_side,
        call,
        call_side_by_side: run.call_side_by_side(survey),
        evidence,
    })
}

/// The calls of one shape that the phases of a run wrap, one each; empty if these are no such phases.
fn wrapped_calls<'a>(run: &Sequence<'a>) -> Vec<Node<'a>> {
    if run.calls.first().map(|call| call.span().kind()) != Some(SpanKind::Internal) {
        return Vec::new();
    }
    let calls: Option<Vec<_>> = run.calls.iter().map(|&phase| wrapped_call(phase)).collect();
    calls
        .filter(|calls| {
            let mut shapes = calls.iter().map(|call| Shape::of(call.span()));
            let first = shapes.next().flatten();
            first.is_some() && shapes.all(|shape| shape == first)
        })
        .unwrap_or_default()
}

impl fmt::Display for RepeatedCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.durations.len();
        let (parent, name) = (Name(&self.parent), CallName(&self.name));
        match self.kind {
            SpanKind::Internal => write!(f, "N+1: {parent} runs {name} {count} times")?,
            _ => write!(f, "N+1: {parent} makes {count} {name} calls")?,
        }
        f.write_str(" one after another")?;
        if let Some(within) = &self.within {
            write!(f, ", each within {}", Name(within))?;
        }
        write!(
            f,
            ": {} of {}; side by side they would take about {}",
            duration_text(self.cost),
            duration_text(self.call),
            duration_text(self.side_by_side),
        )?;
        if let Some(then) = self.call_side_by_side {
            let (call, then) = (duration_text(self.call), duration_text(then));
            write!(f, " (the call: {call} → {then})")?;
        }
        if count > AT_A_TIME {
            let then = duration_text(self.at_a_time(AT_A_TIME));
            write!(f, ", {AT_A_TIME} at a time about {then}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::fixture::{CLIENT, CONSUMER, INTERNAL, Row, sentences};

    fn repeated<'a>(kind: u8, count: u64, attributes: &'a [&'a str]) -> Vec<Row<'a>> {
        let mut spans: Vec<Row<'a>> = vec![(1, 0, INTERNAL, "root", 0, count * 100, &[])];
        let span = |id| {
            (
                id + 2,
                1,
                kind,
                "work",
                id * 100,
                id * 100 + 100,
                attributes,
            )
        };
        spans.extend((0..count).map(span));
        spans
    }

    #[test]
    fn more_than_five_calls_are_also_counted_five_at_a_time() {
        assert_eq!(
            sentences(&repeated(CLIENT, 5, &[])),
            [
                "N+1: root makes 5 `work` calls one after another: 500 ms of 500 ms; side by side they would take \
              about 100 ms (the call: 500 ms → 100 ms)"
            ]
        );
        assert_eq!(
            sentences(&repeated(INTERNAL, 6, &[])),
            [
                "N+1: root runs `work` 6 times one after another: 600 ms of 600 ms; side by side they would take \
              about 100 ms (the call: 600 ms → 100 ms), 5 at a time about 200 ms"
            ]
        );
    }

    #[test]
    fn a_phase_around_each_call_is_seen_through() {
        let mut spans = repeated(INTERNAL, 3, &[]);
        let call = |id: u64| {
            (
                id + 10,
                id + 2,
                CLIENT,
                "GET",
                id * 100 + 5,
                id * 100 + 95,
                &[][..],
            )
        };
        spans.extend((0..3).map(call));
        assert!(sentences(&spans)[0].starts_with(
            "N+1: root makes 3 `GET` calls one after another, each within work: 300 ms of 300 ms"
        ));
        // Two calls in one of them: then the phases are what repeats.
        spans.push((99, 2, CLIENT, "GET", 5, 90, &[]));
        assert!(
            sentences(&spans)[0].starts_with("N+1: root runs `work` 3 times one after another:")
        );
    }

    #[test]
    fn messages_and_model_calls_come_one_after_another_anyway() {
        assert_eq!(sentences(&repeated(CONSUMER, 4, &[])), Vec::<String>::new());
        let model = ["gen_ai.operation.name=chat"];
        assert_eq!(
            sentences(&repeated(CLIENT, 4, &model)),
            Vec::<String>::new()
        );
        let tool = ["gen_ai.operation.name=execute_tool"];
        assert_eq!(sentences(&repeated(CLIENT, 4, &tool)).len(), 1);
    }
}
