//! The same call, made again.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::SpanId;

use super::shape::{Shape, subject};
use super::survey::Survey;
use super::wording::CallName;
use super::{MIN_REPEATS, MIN_SAVING};
use crate::analysis::Node;
use crate::analysis::interval::{Interval, union};
use crate::render::duration_text;

/// Calls of one shape with the same URL, query or arguments, wherever in the call they are made.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IdenticalCalls {
    /// The calls' common name, as sent.
    pub name: String,
    /// What all of them took.
    pub total: Duration,
    /// What those after the first took.
    pub cost: Duration,
    /// What the whole call took.
    pub call: Duration,
    /// The calls, in order.
    pub evidence: Vec<SpanId>,
}

/// Calls that show the same subject, ordered by start. Failed ones are left out: another attempt is no repetition.
pub(super) fn groups<'a>(survey: &Survey<'a>) -> Vec<Vec<Node<'a>>> {
    let mut index_of = HashMap::new();
    let mut groups: Vec<Vec<Node<'a>>> = Vec::new();
    for (_, node) in survey.tree().walk() {
        let span = node.span();
        let key = subject(span).zip(Shape::of(span));
        let Some(key) = key.filter(|_| span.is_timed() && !span.is_error()) else {
            continue;
        };
        let index = *index_of
            .entry((survey.root(node), key))
            .or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.push(node),
            None => groups.push(vec![node]),
        }
    }
    groups.retain(|group| group.len() >= MIN_REPEATS);
    for group in &mut groups {
        group.sort_by_key(Node::index);
    }
    groups
}

/// What there is to say of a group, if the repeats take more than a call varies anyway.
pub(super) fn describe(survey: &Survey<'_>, group: &[Node<'_>]) -> Option<IdenticalCalls> {
    let first = *group.first()?;
    let call = survey.call(first);
    let intervals = || group.iter().filter_map(|node| Interval::of(node.span()));
    let cost = union(intervals().skip(1)).min(call);
    if cost.is_zero() || cost < call / MIN_SAVING {
        return None;
    }
    Some(IdenticalCalls {
        name: first.span().name().to_owned(),
        total: union(intervals()).min(call),
        cost,
        call,
        evidence: group.iter().map(|node| node.span().id()).collect(),
    })
}

impl fmt::Display for IdenticalCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The same call {} times: {} with the same arguments; all but the first took {} of {}",
            self.evidence.len(),
            CallName(&self.name),
            duration_text(self.cost),
            duration_text(self.call),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::fixture::{CLIENT, INTERNAL, Row, sentences};

    /// `GET` calls of a phase, each about a URL.
    fn found<'a>(calls: &[&'a [&'a str]]) -> Vec<String> {
        let mut spans: Vec<Row<'a>> = vec![(1, 0, INTERNAL, "root", 0, 1000, &[])];
        for (&attributes, id) in calls.iter().zip(0..) {
            spans.push((
                id + 2,
                1,
                CLIENT,
                "GET",
                id * 250,
                id * 250 + 250,
                attributes,
            ));
        }
        sentences(&spans)
    }

    #[test]
    fn the_same_url_three_times_says_more_than_n_plus_one() {
        let url = &["url.full=https://a/1"][..];
        assert_eq!(
            found(&[url, url, url, url]),
            [
                "The same call 4 times: `GET` with the same arguments; all but the first took 750 ms of 1.00 s"
            ]
        );
    }

    #[test]
    fn alike_is_not_the_same() {
        let [a, b, c, d] = [
            &["url.full=https://a/1"][..],
            &["url.full=https://a/2"],
            &["url.full=https://a/1", "error.type=500"],
            &[],
        ];
        for calls in [[a, a, b, b], [a, a, c, c], [d, d, d, d]] {
            let sentences = found(&calls);
            assert!(
                !sentences.concat().contains("The same call"),
                "{sentences:?}"
            );
        }
    }

    #[test]
    fn the_same_statement_with_a_placeholder_may_be_about_anything() {
        let query = &["db.query.text=SELECT * FROM a WHERE id = ?"][..];
        assert!(found(&[query, query, query, query])[0].starts_with("N+1"));
    }
}
