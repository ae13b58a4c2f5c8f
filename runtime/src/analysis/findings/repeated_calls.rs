//! Calls of the same shape, one after another: the N+1.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};

use super::shape::Shape;
use super::wording::short_name;
use crate::analysis::Node;
use crate::otlp::Span;
use crate::render::{duration_text, printable};

/// Fewer repeats than this are not worth a sentence. Ours: two calls of one shape are ordinary.
const MIN_REPEATS: usize = 3;
/// Two calls count as one after the other while they overlap by less than this part of the shorter one. Ours: room for
/// clock granularity, and for a span that ends a moment after the next began.
const OVERLAP_TOLERANCE: u32 = 10;
/// A repeat is worth mentioning if side by side the call would be shorter by at least one part in this many. Ours: less
/// than a twentieth is within what a call varies anyway, so a healthy trace stays without findings.
const MIN_SAVING: u32 = 20;
/// Calls of the same shape that one span makes one after another.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RepeatedCalls {
    /// The name of the span that makes the calls, as sent.
    pub parent: String,
    /// The calls' common name, as sent.
    pub name: String,
    /// The calls' kind.
    pub kind: SpanKind,
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

pub(super) fn repeated_calls(parent: Node<'_>) -> Vec<RepeatedCalls> {
    let mut groups: HashMap<Shape<'_>, Vec<&Span>> = HashMap::new();
    for child in parent.children().map(|child| child.span()) {
        if let Some(shape) = Shape::of(child).filter(|_| child.is_timed()) {
            groups.entry(shape).or_default().push(child);
        }
    }
    let runs = groups.into_values().filter_map(|group| longest_run(&group));
    let mut found: Vec<_> = runs.filter_map(|run| describe(parent, &run)).collect();
    // The map's order is not stable; the spans' is.
    found.sort_by_key(|finding| finding.evidence.first().copied().map(SpanId::to_bytes));
    found
}

/// The longest stretch of calls, ordered by start, in which each begins when the one before has ended.
fn longest_run<'a>(group: &[&'a Span]) -> Option<Vec<&'a Span>> {
    group
        .chunk_by(|before, after| follows(before, after))
        .filter(|run| run.len() >= MIN_REPEATS)
        .max_by_key(|run| run.len())
        .map(<[_]>::to_vec)
}

fn follows(before: &Span, after: &Span) -> bool {
    let shorter = before
        .duration()
        .unwrap_or_default()
        .min(after.duration().unwrap_or_default());
    let overlap = before
        .end_unix_nano()
        .saturating_sub(after.start_unix_nano());
    Duration::from_nanos(overlap) <= shorter / OVERLAP_TOLERANCE
}

fn describe(parent: Node<'_>, run: &[&Span]) -> Option<RepeatedCalls> {
    let first = run.first()?;
    let durations = || run.iter().filter_map(|span| span.duration());
    let cost = durations().fold(Duration::ZERO, Duration::saturating_add);
    let side_by_side = durations().max()?;
    let saving = cost.saturating_sub(side_by_side);
    let top = parent.ancestors().last().unwrap_or(parent);
    // Without a time of its own, the call took at least what its calls took.
    let call = top.span().duration().unwrap_or(cost).max(cost);
    if saving.is_zero() || saving < call / MIN_SAVING {
        return None;
    }
    let alone = std::iter::once(parent)
        .chain(parent.ancestors())
        .all(|node| is_alone(node))
        && parent
            .children()
            .all(|child| run.contains(&child.span()) || !overlaps_run(child.span(), run));
    Some(RepeatedCalls {
        parent: parent.span().name().to_owned(),
        name: first.name().to_owned(),
        kind: first.kind(),
        cost,
        side_by_side,
        call,
        call_side_by_side: alone.then(|| call.saturating_sub(saving)),
        evidence: run.iter().map(|span| span.id()).collect(),
    })
}

/// Whether no sibling runs at the same time: only then does a shorter span make its parent shorter.
fn is_alone(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return true;
    };
    parent.children().all(|sibling| {
        sibling.span().id() == node.span().id() || !overlap(sibling.span(), node.span())
    })
}

fn overlaps_run(span: &Span, run: &[&Span]) -> bool {
    run.iter().any(|call| overlap(span, call))
}

fn overlap(one: &Span, other: &Span) -> bool {
    one.is_timed()
        && other.is_timed()
        && one.start_unix_nano() < other.end_unix_nano()
        && other.start_unix_nano() < one.end_unix_nano()
}

impl RepeatedCalls {
    pub(super) fn saving(&self) -> Duration {
        self.cost.saturating_sub(self.side_by_side)
    }
}

impl fmt::Display for RepeatedCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "N+1: {} makes {} `{}` calls one after another: {} of {}; side by side they would take about {}",
            printable(&self.parent),
            self.evidence.len(),
            printable(&short_name(&self.name)),
            duration_text(self.cost),
            duration_text(self.call),
            duration_text(self.side_by_side),
        )?;
        match self.call_side_by_side {
            Some(then) => write!(
                f,
                " (the call: {} → {})",
                duration_text(self.call),
                duration_text(then)
            ),
            None => Ok(()),
        }
    }
}
