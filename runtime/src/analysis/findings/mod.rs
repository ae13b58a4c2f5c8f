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
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::SpanId;

use self::sequence::Sequence;
use self::survey::Survey;
use super::interval::Interval;
use super::tree::{Node, SpanTree};
pub use clock_skew::{ClockSkew, Skew};
pub use dominant_phase::DominantPhase;
pub use failure::Failure;
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
const MIN_UNCOVERED: Duration = Duration::from_millis(10);

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

/// Findings beyond [`MAX_FINDINGS`].
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
    fn rank(&self) -> u8 {
        match self {
            Self::Failure(_) => 0,
            Self::ClockSkew(_) => 2,
            Self::Incomplete(_) => 3,
            Self::More(_) => 4,
            _ => 1,
        }
    }
}

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
    let mut found = Vec::new();
    found.extend(calls(&survey, &mut told));
    let gaps = uncovered_time::find(&survey, &told.hulls);
    found.extend(gaps.into_iter().map(Finding::UncoveredTime));
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
    found.extend(incomplete::find(tree, notes).map(Finding::Incomplete));
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::analysis::fixture::{
        CLIENT, INTERNAL, SERVER, arbitrary_tree, gmail_client, gmail_detailed, gmail_top_level,
        payload,
    };
    use crate::render::printable;

    fn sentences(payloads: &[&Value]) -> Vec<String> {
        let tree = SpanTree::from_payloads(payloads.iter().copied()).unwrap();
        findings(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_the_repeated_calls_their_cost_and_what_they_would_take() {
        let tree = SpanTree::from_payloads([&gmail_client(), &gmail_detailed()]).unwrap();
        let found = findings(&tree);
        assert_eq!(
            found[0].to_string(),
            "N+1: gmail.fetch_details makes 3 `GET …/messages/{id}` calls one after another: 1.56 s of 2.06 s; \
             side by side they would take about 530 ms (the call: 2.06 s → 1.03 s)"
        );
        assert_eq!(found[0].evidence(), [8, 9, 10].map(SpanId::from));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn says_of_an_answer_without_details_what_can_be_said() {
        assert_eq!(
            sentences(&[&gmail_client(), &gmail_top_level()]),
            [
                "gmail.fetch_details is the slowest phase: 1.59 s of 2.06 s (77 %), with gmail.fetch_count = 3; \
                 only detailed spans show why"
            ]
        );
    }

    /// A server span with calls at the given times.
    fn calls(times: &[(u64, u64)]) -> Value {
        let calls = times
            .iter()
            .zip(3..)
            .map(|(&(start, end), id)| (id, 1, CLIENT, "GET", start, end, &[][..]));
        let mut spans = vec![(1, 0, SERVER, "tools/call t", 0, 1000, &[][..])];
        spans.extend(calls);
        payload("s", &spans)
    }

    #[test]
    fn finds_nothing_on_a_healthy_trace() {
        for (what, healthy) in [
            ("two calls", calls(&[(0, 490), (490, 990)])),
            (
                "side by side",
                calls(&[(0, 940), (1, 950), (2, 960), (3, 970)]),
            ),
            (
                "two at a time",
                calls(&[(0, 400), (200, 600), (400, 800), (600, 999)]),
            ),
            (
                "too short to matter",
                calls(&[(0, 950), (950, 960), (960, 970), (970, 980)]),
            ),
            ("nothing at all", payload("s", &[])),
        ] {
            assert_eq!(sentences(&[&healthy]), Vec::<String>::new(), "{what}");
        }
    }

    #[test]
    fn calls_of_different_shapes_are_not_repeats() {
        let span =
            |id, name, start, attributes| (id, 1, CLIENT, name, start, start + 300, attributes);
        let by_name = [
            span(2, "GET /a", 0, &[][..]),
            span(3, "GET /b", 300, &[]),
            span(4, "GET /c", 600, &[]),
        ];
        let by_peer = [
            span(2, "GET", 0, &["server.address=a"][..]),
            span(3, "GET", 300, &["server.address=b"]),
            span(4, "GET", 600, &["server.address=c"]),
        ];
        let template = |template| ["http.request.method=GET", template];
        let templates = ["url.template=/a", "url.template=/b", "url.template=/c"].map(template);
        let by_template = [
            span(2, "GET", 0, &templates[0]),
            span(3, "GET", 300, &templates[1]),
            span(4, "GET", 600, &templates[2]),
        ];
        for calls in [&by_name, &by_peer, &by_template] {
            let mut spans = vec![(1, 0, SERVER, "root", 0, 900, &[][..])];
            spans.extend(calls);
            let tree = SpanTree::from_otlp(&payload("s", &spans)).unwrap();
            let titles: Vec<_> = findings(&tree).iter().map(Finding::title).collect();
            assert_eq!(titles, ["Waterfall"]);
        }
    }

    #[test]
    fn tolerates_a_slight_overlap() {
        assert_eq!(
            sentences(&[&calls(&[(0, 301), (300, 601), (600, 900)])]).len(),
            1
        );
    }

    #[test]
    fn promises_no_shorter_call_while_something_else_runs() {
        let mut json = calls(&[(0, 300), (300, 600), (600, 900)]);
        let other = payload("s", &[(99, 1, INTERNAL, "other", 0, 1000, &[])]);
        let spans = &mut json["resourceSpans"][0]["scopeSpans"][0]["spans"];
        spans
            .as_array_mut()
            .unwrap()
            .push(other["resourceSpans"][0]["scopeSpans"][0]["spans"][0].clone());
        assert_eq!(
            sentences(&[&json]),
            [
                "N+1: tools/call t makes 3 `GET` calls one after another: 900 ms of 1.00 s; \
              side by side they would take about 300 ms"
            ]
        );
    }

    #[test]
    fn a_sentence_never_carries_terminal_escapes() {
        let hostile = "\u{1b}[2J\u{202e}GET";
        let spans = [
            (1, 0, SERVER, hostile, 0, 1000, &[][..]),
            (2, 1, CLIENT, hostile, 0, 300, &[]),
            (3, 1, CLIENT, hostile, 300, 600, &[]),
            (4, 1, CLIENT, hostile, 600, 900, &[]),
        ];
        let sentence = sentences(&[&payload("s", &spans)]).concat();
        assert!(sentence.starts_with("N+1: �[2J�GET makes 3"), "{sentence}");
    }

    #[test]
    fn says_how_many_findings_are_beyond_the_bound() {
        for (failures, most, more) in [
            (9, 9, None),
            (10, 10, None),
            (11, 10, Some(1)),
            (40, 10, Some(30)),
        ] {
            let names: Vec<_> = (0..failures)
                .map(|number| format!("task {number}"))
                .collect();
            let mut spans = vec![(1, 0, SERVER, "root", 0, 100, &[][..])];
            for (name, id) in names.iter().zip(2..) {
                spans.push((id, 1, INTERNAL, name.as_str(), 0, 90, &["error.type=x"]));
            }
            let tree = SpanTree::from_otlp(&payload("s", &spans)).unwrap();
            let found = findings(&tree);
            let count = found.iter().find_map(|finding| match finding {
                Finding::More(more) => Some(more.count),
                _ => None,
            });
            assert_eq!(
                (found.len() - usize::from(count.is_some()), count),
                (most, more)
            );
        }
    }

    #[test]
    fn trees_as_large_as_the_bound_are_analysed() {
        let most = crate::analysis::MAX_SPANS as u64;
        let names: Vec<_> = (0..most)
            .map(|number| format!("call {}", number / 3))
            .collect();
        let span = |id: u64, parent, (start, end)| {
            let name = names[usize::try_from(id).unwrap() - 1].as_str();
            (
                id,
                parent,
                [INTERNAL, SERVER, CLIENT][usize::try_from(id % 3).unwrap()],
                name,
                start,
                end,
                &["error.type=500"][..],
            )
        };
        let ids = || 1..=most;
        for spans in [
            ids()
                .map(|id| span(id, id - 1, (id, 3 * most - id)))
                .collect::<Vec<_>>(),
            ids()
                .map(|id| span(id, id - 1, (id * 9, id * 9 + 5)))
                .collect(),
            ids()
                .map(|id| span(id, id.min(2) - 1, (id, if id == 1 { most } else { id + 1 })))
                .collect(),
            ids()
                .map(|id| span(id, id.min(2) - 1, (id % 3, most)))
                .collect(),
            ids().map(|id| span(id, id / 2, (id, most))).collect(),
        ] {
            let tree = SpanTree::from_otlp(&payload("s", &spans)).unwrap();
            assert!(findings(&tree).len() <= MAX_FINDINGS + 1);
        }
    }

    proptest! {
        #[test]
        fn whatever_the_spans_findings_are_bounded_and_safe_and_point_into_the_tree(json in arbitrary_tree()) {
            let tree = SpanTree::from_otlp(&json).unwrap();
            let found = findings(&tree);
            prop_assert!(found.len() <= MAX_FINDINGS + 1);
            for finding in &found {
                let sentence = finding.to_string();
                prop_assert!(matches!(printable(&sentence), Cow::Borrowed(_)), "{}", sentence);
                prop_assert!(!finding.title().is_empty() && sentence.chars().count() < 1000);
                for &id in finding.evidence() {
                    prop_assert!(tree.find(id).is_some());
                }
                let root = finding.evidence().first().and_then(|&id| {
                    let node = tree.find(id)?;
                    Some(node.ancestors().last().unwrap_or(node))
                });
                if let Some(whole) = root.and_then(|root| root.span().duration()) {
                    prop_assert!(finding.cost().is_none_or(|cost| cost <= whole), "{}", sentence);
                }
            }
        }

        #[test]
        fn the_order_in_which_spans_are_sent_does_not_matter(json in arbitrary_tree()) {
            let mut reversed = json.clone();
            for resource in reversed["resourceSpans"].as_array_mut().unwrap() {
                resource["scopeSpans"][0]["spans"].as_array_mut().unwrap().reverse();
            }
            reversed["resourceSpans"].as_array_mut().unwrap().reverse();
            let [one, other] = [json, reversed].map(|json| findings(&SpanTree::from_otlp(&json).unwrap()));
            prop_assert_eq!(one, other);
        }
    }
}
