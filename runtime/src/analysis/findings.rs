//! What a tree shows, worded as observations: numbers from the spans, and no verdict on anybody's code.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};
use opentelemetry_semantic_conventions::attribute::{
    HTTP_REQUEST_METHOD, SERVER_ADDRESS, URL_TEMPLATE,
};

use super::tree::{Node, SpanTree};
use crate::otlp::{AnyValue, Span};
use crate::render::{duration_text, printable};

/// Fewer repeats than this are not worth a sentence. Ours: two calls of one shape are ordinary.
const MIN_REPEATS: usize = 3;
/// Two calls count as one after the other while they overlap by less than this part of the shorter one. Ours: room for
/// clock granularity, and for a span that ends a moment after the next began.
const OVERLAP_TOLERANCE: u32 = 10;
/// A repeat is worth mentioning if side by side the call would be shorter by at least one part in this many. Ours: less
/// than a twentieth is within what a call varies anyway, so a healthy trace stays without findings.
const MIN_SAVING: u32 = 20;
/// A phase dominates when it takes at least one part in this many of the call.
const DOMINANT_SHARE: u32 = 2;

/// An observation on a trace. Its `Display` is one plain sentence, safe to print.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// Calls of the same shape run one after another: the N+1 pattern.
    RepeatedCalls(RepeatedCalls),
    /// One phase takes most of the call, and the answer does not show what it does inside.
    DominantPhase(DominantPhase),
}

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

/// A phase that takes most of the call, in an answer without details.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DominantPhase {
    /// The phase's name, as sent.
    pub name: String,
    /// What the phase took.
    pub cost: Duration,
    /// What the whole call took.
    pub call: Duration,
    /// The attribute that says over how many things the phase went, as sent.
    pub count: (String, i64),
    /// The phase.
    pub evidence: SpanId,
}

impl Finding {
    /// The spans that the observation rests on.
    #[must_use]
    pub fn evidence(&self) -> &[SpanId] {
        match self {
            Self::RepeatedCalls(finding) => &finding.evidence,
            Self::DominantPhase(finding) => std::slice::from_ref(&finding.evidence),
        }
    }
}

/// Looks for what a reader of the trace would want to know, the most costly first. Nothing on a healthy trace.
#[must_use]
pub fn findings(tree: &SpanTree) -> Vec<Finding> {
    let mut repeated: Vec<_> = tree
        .walk()
        .flat_map(|(_, parent)| repeated_calls(parent))
        .collect();
    repeated.sort_by_key(|finding| std::cmp::Reverse(finding.saving()));
    if repeated.is_empty() {
        return dominant_phase(tree)
            .map(Finding::DominantPhase)
            .into_iter()
            .collect();
    }
    repeated.into_iter().map(Finding::RepeatedCalls).collect()
}

/// What makes two calls the same: method and template say more than a name, and the peer tells two services apart.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'a> {
    what: (&'a str, Option<&'a str>),
    kind: u8,
    peer: Option<&'a str>,
}

impl<'a> Shape<'a> {
    fn of(span: &'a Span) -> Option<Self> {
        let template = span.text_attribute(URL_TEMPLATE);
        let method = span.text_attribute(HTTP_REQUEST_METHOD);
        let what = match (method, template) {
            (Some(method), Some(template)) => (method, Some(template)),
            _ if span.name().is_empty() => return None,
            _ => (span.name(), None),
        };
        let kind = span.kind() as u8;
        Some(Self {
            what,
            kind,
            peer: span.text_attribute(SERVER_ADDRESS),
        })
    }
}

fn repeated_calls(parent: Node<'_>) -> Vec<RepeatedCalls> {
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

/// Something can be said of an answer without details only if a phase tells how many things it went over.
fn dominant_phase(tree: &SpanTree) -> Option<DominantPhase> {
    let (_, server) = tree
        .walk()
        .find(|(_, node)| node.span().kind() == SpanKind::Server)?;
    if server.children().any(|phase| !phase.is_leaf()) {
        return None;
    }
    let phase = server
        .children()
        .max_by_key(|phase| phase.span().duration())?
        .span();
    let call = server
        .ancestors()
        .last()
        .unwrap_or(server)
        .span()
        .duration()?;
    let cost = phase
        .duration()
        .filter(|&cost| !cost.is_zero() && cost >= call / DOMINANT_SHARE)?;
    let count = phase
        .attributes()
        .iter()
        .find_map(|attribute| match attribute.value {
            AnyValue::Int(count) if count >= 2 && attribute.key.ends_with("count") => {
                Some((attribute.key.clone(), count))
            }
            _ => None,
        })?;
    Some(DominantPhase {
        name: phase.name().to_owned(),
        cost,
        call,
        count,
        evidence: phase.id(),
    })
}

impl RepeatedCalls {
    fn saving(&self) -> Duration {
        self.cost.saturating_sub(self.side_by_side)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RepeatedCalls(finding) => finding.fmt(f),
            Self::DominantPhase(finding) => finding.fmt(f),
        }
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

impl fmt::Display for DominantPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = 100.0 * self.cost.as_secs_f64() / self.call.as_secs_f64();
        write!(
            f,
            "{} is the slowest phase: {} of {} ({share:.0} %), with {} = {}; \
             only detailed spans show why",
            printable(&self.name),
            duration_text(self.cost),
            duration_text(self.call),
            printable(&self.count.0),
            self.count.1,
        )
    }
}

/// `GET /gmail/v1/users/me/messages/{id}` in a sentence: `GET …/messages/{id}`.
fn short_name(name: &str) -> String {
    let Some((method, path)) = name.split_once(" /") else {
        return name.to_owned();
    };
    match path.rmatch_indices('/').nth(1) {
        Some((at, _)) => format!("{method} …{}", path.get(at..).unwrap_or_default()),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::analysis::fixture::{
        CLIENT, INTERNAL, SERVER, gmail_client, gmail_detailed, gmail_top_level, payload,
    };

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
            ("two calls", calls(&[(0, 400), (400, 800)])),
            (
                "side by side",
                calls(&[(0, 400), (1, 410), (2, 420), (3, 430)]),
            ),
            (
                "two at a time",
                calls(&[(0, 200), (100, 300), (200, 400), (300, 500)]),
            ),
            ("too short to matter", calls(&[(0, 10), (10, 20), (20, 30)])),
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
            span(2, "GET", 0, &[][..]),
            span(3, "PUT", 300, &[]),
            span(4, "POST", 600, &[]),
        ];
        let by_peer = [
            span(2, "GET", 0, &["server.address=a"][..]),
            span(3, "GET", 300, &["server.address=b"]),
            span(4, "GET", 600, &["server.address=c"]),
        ];
        let by_template = [
            span(
                2,
                "GET",
                0,
                &["http.request.method=GET", "url.template=/a"][..],
            ),
            span(
                3,
                "GET",
                300,
                &["http.request.method=GET", "url.template=/b"],
            ),
            span(
                4,
                "GET",
                600,
                &["http.request.method=GET", "url.template=/c"],
            ),
        ];
        for calls in [by_name, by_peer, by_template] {
            let mut spans = vec![(1, 0, SERVER, "root", 0, 900, &[][..])];
            spans.extend(calls);
            assert_eq!(sentences(&[&payload("s", &spans)]), Vec::<String>::new());
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
}
