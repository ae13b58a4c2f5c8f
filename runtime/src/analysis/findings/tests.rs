//! What findings have in common: order, bounds, safety, and silence on healthy traces.

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
    let span = |id, name, start, attributes| (id, 1, CLIENT, name, start, start + 300, attributes);
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

#[test]
fn thousands_of_attempts_and_of_wrapped_calls_are_analysed() {
    let most = crate::analysis::MAX_SPANS as u64;
    let attempts = (2..=most).map(|id| {
        let attributes = match id % 2 {
            0 => &["error.type=503"][..],
            _ => &["http.request.resend_count=1"],
        };
        (id, 1, CLIENT, "GET", id, id + 1, attributes)
    });
    let wrapped = (2..most).map(|id| match id % 2 {
        0 => (id, 1, INTERNAL, "phase", id, id + 2, &[][..]),
        _ => (id, id - 1, CLIENT, "GET", id - 1, id + 1, &[][..]),
    });
    for (calls, expected) in [
        (
            attempts.collect::<Vec<_>>(),
            "N+1: root makes 5000 `GET` calls",
        ),
        (wrapped.collect(), "N+1: root makes 4999 `GET` calls"),
    ] {
        let mut spans = vec![(1, 0, SERVER, "root", 0, most + 2, &[][..])];
        spans.extend(calls);
        let tree = SpanTree::from_otlp(&payload("s", &spans)).unwrap();
        let found: Vec<_> = findings(&tree).iter().map(ToString::to_string).collect();
        assert!(found.concat().contains(expected), "{found:?}");
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
