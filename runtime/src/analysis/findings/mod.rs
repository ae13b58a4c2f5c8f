//! What a tree shows, worded as observations: numbers from the spans, and no verdict on anybody's code.

mod dominant_phase;
mod repeated_calls;
mod shape;
mod wording;

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::SpanId;

use super::tree::SpanTree;
pub use dominant_phase::DominantPhase;
pub use repeated_calls::RepeatedCalls;

/// An observation on a trace. Its `Display` is one plain sentence, safe to print.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// Calls of the same shape run one after another: the N+1 pattern.
    RepeatedCalls(RepeatedCalls),
    /// One phase takes most of the call, and the answer does not show what it does inside.
    DominantPhase(DominantPhase),
}

impl Finding {
    /// What kind of observation it is, in a word or two: `N+1`, `Gap`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::RepeatedCalls(_) => "N+1",
            Self::DominantPhase(_) => "Slowest phase",
        }
    }

    /// The time that the observation is about, never more than the whole call took; `None` if it is not about time.
    #[must_use]
    pub fn cost(&self) -> Option<Duration> {
        match self {
            Self::RepeatedCalls(finding) => Some(finding.cost),
            Self::DominantPhase(finding) => Some(finding.cost),
        }
    }

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
        .flat_map(|(_, parent)| repeated_calls::repeated_calls(parent))
        .collect();
    repeated.sort_by_key(|finding| std::cmp::Reverse(finding.saving()));
    if repeated.is_empty() {
        return dominant_phase::dominant_phase(tree)
            .map(Finding::DominantPhase)
            .into_iter()
            .collect();
    }
    repeated.into_iter().map(Finding::RepeatedCalls).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RepeatedCalls(finding) => finding.fmt(f),
            Self::DominantPhase(finding) => finding.fmt(f),
        }
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
