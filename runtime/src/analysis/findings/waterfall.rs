//! Different calls, one after another.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::SpanId;

use super::sequence::{Sequence, is_followed_by, wrapped_call};
use super::shape::{Shape, is_model_call};
use super::survey::Survey;
use super::wording::{CallName, Name, listed};
use crate::analysis::Node;
use crate::analysis::interval::Interval;
use crate::render::duration_text;

/// Fewer different calls are no waterfall. Ours: of two calls, the second nearly always needs the first.
const MIN_CALLS: usize = 3;
/// A pause longer than this part of the shorter neighbour parts two calls. Ours: in a longer one, something is done with
/// an answer, which the next call may need.
const PAUSE_TOLERANCE: u32 = 5;
/// The calls take at least one part in this many of the span that makes them.
const MIN_SHARE: u32 = 2;
/// Side by side the call would be shorter by at least one part in this many. Ours: four times as much as for repeats,
/// since here nobody but the author knows whether it can be had at all.
const MIN_SAVING: u32 = 5;

/// Different calls that one span makes one after another. Whether they depend on each other, spans do not show.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Waterfall {
    /// The name of the span that makes the calls, as sent.
    pub parent: String,
    /// The calls' names, as sent, in order.
    pub names: Vec<String>,
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

/// The calls among a span's children, in runs without a pause; those in `claimed` belong to another finding.
pub(super) fn runs<'a>(parent: Node<'a>, claimed: &HashSet<usize>) -> Vec<Sequence<'a>> {
    let calls: Vec<_> = parent
        .children()
        .filter(|child| child.span().is_timed() && !claimed.contains(&child.index()))
        .filter(|&child| wrapped_call(child).is_some())
        .collect();
    calls
        .chunk_by(|&before, &after| {
            is_followed_by(before, after)
                && !is_pause(before, after)
                && ![before, after].into_iter().any(asks_a_model)
        })
        .filter(|run| run.len() >= MIN_CALLS)
        .map(|run| Sequence {
            parent,
            calls: run.to_vec(),
        })
        .collect()
}

/// What a model answers decides what is called next.
fn asks_a_model(call: Node<'_>) -> bool {
    wrapped_call(call).is_some_and(|call| is_model_call(call.span()))
}

fn is_pause(before: Node<'_>, after: Node<'_>) -> bool {
    let times = Interval::of(before.span()).zip(Interval::of(after.span()));
    times.is_some_and(|(before, after)| {
        let pause = Duration::from_nanos(after.start.saturating_sub(before.end));
        pause > before.duration().min(after.duration()) / PAUSE_TOLERANCE
    })
}

/// What there is to say of a run, if its calls differ and are most of what their parent does.
pub(super) fn describe(survey: &Survey<'_>, run: &Sequence<'_>) -> Option<Waterfall> {
    let calls: Vec<_> = run
        .calls
        .iter()
        .filter_map(|&call| wrapped_call(call))
        .collect();
    let shapes: HashSet<_> = calls
        .iter()
        .filter_map(|call| Shape::of(call.span()))
        .collect();
    let cost = run.cost(survey);
    let side_by_side = run.longest(survey);
    let call = survey.call(run.parent);
    let parent = run.parent.span().duration().unwrap_or(call);
    let is_most = cost >= parent / MIN_SHARE;
    let saving = cost.saturating_sub(side_by_side);
    if shapes.len() < MIN_CALLS || !is_most || saving.is_zero() || saving < call / MIN_SAVING {
        return None;
    }
    Some(Waterfall {
        parent: run.parent.span().name().to_owned(),
        names: calls
            .iter()
            .map(|call| call.span().name().to_owned())
            .collect(),
        cost,
        side_by_side,
        call,
        call_side_by_side: run.call_side_by_side(survey),
        evidence: calls.iter().map(|call| call.span().id()).collect(),
    })
}

impl fmt::Display for Waterfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "In {}, ", Name(&self.parent))?;
        let names: Vec<_> = self.names.iter().map(|name| CallName(name)).collect();
        listed(f, &names)?;
        write!(
            f,
            " run one after another: {} of {}; if they do not depend on each other, which spans do not show, \
             side by side they would take about {}",
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
