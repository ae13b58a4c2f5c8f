//! What a tree shows, worded as observations: numbers from the spans, and no verdict on anybody's code.
//!
//! One file a finding: what it says, when, and in which words. They share a [`survey`] of the tree, the [`shape`] of
//! calls and [`sequence`]s of them. [`findings_with`] asks each in turn, so that no span is told of twice: attempts at
//! one call are no N+1, calls of an N+1 are no waterfall, and pauses between either are no gap.
//!
//! Everything is near-linear in the number of spans and recurses nowhere: number and depth are the sender's choice.

mod clock_skew;
mod dominant_phase;
mod failure;
mod finding;
mod identical_calls;
mod incomplete;
mod outside_server;
mod repeated_calls;
mod retries;
mod sequence;
mod shape;
mod survey;
mod uncovered_time;
mod waterfall;
mod wording;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use opentelemetry::trace::SpanId;

use self::sequence::Sequence;
use self::survey::Survey;
use super::interval::Interval;
use super::tree::{Node, SpanTree};
pub use clock_skew::{ClockSkew, Skew};
pub use dominant_phase::DominantPhase;
pub use failure::Failure;
pub use finding::{Finding, More};
pub use identical_calls::IdenticalCalls;
pub use incomplete::{AnswerNotes, Incomplete};
pub use outside_server::OutsideServer;
pub use repeated_calls::RepeatedCalls;
pub use retries::Retries;
pub use uncovered_time::UncoveredTime;
pub use waterfall::Waterfall;

/// The most findings of one tree; one more says how many there are beyond. Ours: as many as a person reads.
pub const MAX_FINDINGS: usize = 10;

/// Fewer repeats than this are not worth a sentence. Ours: two calls of one shape are ordinary.
const MIN_REPEATS: usize = 3;
/// A repeat is worth mentioning if without it the call would be shorter by at least one part in this many. Ours: less
/// than a twentieth is within what a call varies anyway, so a healthy trace stays without findings.
const MIN_SAVING: u32 = 20;
/// Time without a span is worth mentioning from one part in this many of the call. Ours: code does something between
/// its calls, and nobody wraps all of it.
const UNCOVERED_SHARE: u32 = 5;
/// And not below this. Ours: in a short call, a fifth of it is what a scheduler or a network takes on a bad day.
const MIN_UNCOVERED: Duration = Duration::from_millis(20);

/// Looks for what a reader of the trace would want to know. Nothing on a healthy trace.
///
/// Failures come first, then what costs time, the most costly first, then what is wrong with the trace itself; at most
/// [`MAX_FINDINGS`], and one that counts the rest.
#[must_use]
pub fn findings(tree: &SpanTree) -> Vec<Finding> {
    findings_with(tree, AnswerNotes::default())
}

/// As [`findings`], with what the answer and its ingest say of spans that are not in the tree.
#[must_use]
pub fn findings_with(tree: &SpanTree, notes: AnswerNotes) -> Vec<Finding> {
    let survey = Survey::of(tree);
    let mut told = Told::default();
    let mut found = calls(&survey, &mut told);
    let incomplete = incomplete::find(tree, notes);
    // Where spans are missing, they may well be those that would cover the time.
    if incomplete.is_none() {
        let gaps = uncovered_time::find(&survey, &told.hulls);
        found.extend(gaps.into_iter().map(Finding::UncoveredTime));
    }
    let outside = tree
        .walk()
        .filter_map(|(_, node)| outside_server::describe(&survey, node));
    found.extend(outside.map(Finding::OutsideServer));
    if found.is_empty() {
        found.extend(dominant_phase::dominant_phase(tree).map(Finding::DominantPhase));
    }
    let (failures, more) = failure::failures(&survey, &told.failures);
    found.extend(failures.into_iter().map(Finding::Failure));
    found.extend(clock_skew::find(tree).into_iter().map(Finding::ClockSkew));
    found.extend(incomplete.map(Finding::Incomplete));
    ordered(found, more)
}

/// What earlier findings have told of, so that later ones need not.
#[derive(Default)]
struct Told {
    /// Spans, by index.
    calls: HashSet<usize>,
    /// Failed spans, by index, after which all went well.
    failures: HashSet<usize>,
    /// Stretches of a span, by its index, whose pauses are explained.
    hulls: HashMap<usize, Vec<Interval>>,
}

impl Told {
    fn sequence(&mut self, sequence: &Sequence<'_>) {
        self.calls
            .extend(sequence.calls.iter().map(|call| call.index()));
        let hulls = self.hulls.entry(sequence.parent.index()).or_default();
        hulls.extend(sequence.hull());
    }
}

/// What there is to say of calls that stand side by side in the tree.
fn calls(survey: &Survey<'_>, told: &mut Told) -> Vec<Finding> {
    let mut found = Vec::new();
    let identical: Vec<_> = identical_calls::groups(survey)
        .into_iter()
        .filter_map(|group| Some((identical_calls::describe(survey, &group)?, group)))
        .collect();
    // Which group of identical calls a span belongs to.
    let mut group_of = HashMap::new();
    for (number, (_, group)) in identical.iter().enumerate() {
        group_of.extend(group.iter().map(|node| (node.span().id(), number)));
    }
    for (_, parent) in survey.tree().walk() {
        let groups = shape::siblings(parent);
        for mut group in groups {
            let mut earlier = HashSet::new();
            for series in retries::series(parent, &group) {
                let failed = series.calls.iter().rev().skip(1).map(Node::index);
                earlier.extend(failed.clone());
                told.sequence(&series);
                if let Some(finding) = retries::describe(survey, &series) {
                    told.failures.extend(failed);
                    found.push(Finding::Retries(finding));
                }
            }
            group.retain(|call| !earlier.contains(&call.index()));
            let Some(run) = repeated_calls::longest_run(parent, &group) else {
                continue;
            };
            if let Some(finding) = repeated_calls::describe(survey, &run) {
                told.sequence(&run);
                let mut numbers = finding.evidence.iter().map(|id| group_of.get(id));
                let first = numbers.next().flatten();
                // That all are the same call says more than that they are alike.
                if first.is_none() || numbers.any(|number| number != first) {
                    found.push(Finding::RepeatedCalls(finding));
                }
            }
        }
        for run in waterfall::runs(parent, &told.calls) {
            if let Some(finding) = waterfall::describe(survey, &run) {
                told.sequence(&run);
                found.push(Finding::Waterfall(finding));
            }
        }
    }
    found.extend(
        identical
            .into_iter()
            .map(|(finding, _)| Finding::IdenticalCalls(finding)),
    );
    found
}

/// The order in which findings are told, cut at the bound.
fn ordered(mut found: Vec<Finding>, more: usize) -> Vec<Finding> {
    found.sort_by_cached_key(|finding| {
        let first = finding.evidence().first().copied().map(SpanId::to_bytes);
        (
            finding.rank(),
            Reverse(finding.cost()),
            first,
            finding.title(),
        )
    });
    let count = found
        .len()
        .saturating_sub(MAX_FINDINGS)
        .saturating_add(more);
    found.truncate(MAX_FINDINGS);
    if count > 0 {
        found.push(Finding::More(More { count }));
    }
    found
}

#[cfg(test)]
mod tests;
