//! Where a failure began, and what failed with it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, EXCEPTION_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE,
};

use super::MAX_FINDINGS;
use super::shape::Shape;
use super::survey::Survey;
use super::wording::{CallName, Name, listed};
use crate::analysis::Node;
use crate::analysis::interval::{Interval, union};
use crate::otlp::{AnyValue, Span};
use crate::render::duration_text;
use crate::semconv::{ERROR_CANCELLED, ERROR_OTHER};

/// Spans that failed without a failing span below them, and those that failed with them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The name of the span that failed first, as sent.
    pub name: String,
    /// Its class of error as sent: `error.type`, the HTTP status, or the type of a recorded exception.
    pub error: Option<String>,
    /// Whether the error is the status of an HTTP answer.
    pub answered: bool,
    /// How many siblings of the same shape failed so.
    pub count: usize,
    /// The names of the spans that failed with it, as sent, the nearest first; without the call's own spans.
    pub failed_with_it: Vec<String>,
    /// Whether the call failed with it.
    pub call_failed: bool,
    /// What the failed spans took; `None` if they have no times.
    pub cost: Option<Duration>,
    /// What failed first, then what failed with it.
    pub evidence: Vec<SpanId>,
}

/// The most costly failures, and how many more there are. `handled` are spans whose failure another finding tells.
pub(super) fn failures(survey: &Survey<'_>, handled: &HashSet<usize>) -> (Vec<Failure>, usize) {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut index_of = HashMap::new();
    for cause in causes(survey, handled) {
        let span = cause.span();
        let above = cause.parent().map(|parent| parent.index());
        let key = (above.ok_or(cause.index()), Shape::of(span), error(span));
        let index = *index_of.entry(key).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.spans.push(cause),
            None => groups.push(Group::new(cause)),
        }
    }
    for group in &mut groups {
        group.cost = group.cost(survey);
    }
    groups.sort_by_key(|group| Reverse(group.cost));
    let more = groups.len().saturating_sub(MAX_FINDINGS);
    groups.truncate(MAX_FINDINGS);
    (groups.iter().filter_map(Group::describe).collect(), more)
}

/// Failing spans below which nothing failed. What was cancelled because the span above it failed is no cause.
fn causes<'a>(
    survey: &Survey<'a>,
    handled: &HashSet<usize>,
) -> impl Iterator<Item = Node<'a>> + use<'a> {
    // Below what another finding tells, and below what was cancelled by the failure of the span above it.
    let mut no_cause = vec![(false, false); survey.tree().len()];
    let mut failing = Vec::new();
    for (_, node) in survey.tree().walk() {
        let above = node.parent();
        let (told, victim) = above
            .and_then(|parent| no_cause.get(parent.index()).copied())
            .unwrap_or_default();
        let failed_above =
            above.is_some_and(|parent| parent.span().is_error() && !is_cancelled(parent));
        let told = told || handled.contains(&node.index());
        let victim = is_cancelled(node) && (victim || failed_above);
        if let Some(place) = no_cause.get_mut(node.index()) {
            *place = (told, victim);
        }
        if node.span().is_error() && !told && !victim {
            failing.push(node);
        }
    }
    let above_a_failure: HashSet<_> = failing
        .iter()
        .filter_map(|node| Some(node.parent()?.index()))
        .collect();
    failing
        .into_iter()
        .filter(move |node| !above_a_failure.contains(&node.index()))
}

fn is_cancelled(node: Node<'_>) -> bool {
    node.span().is_error() && node.span().text_attribute(ERROR_TYPE) == Some(ERROR_CANCELLED)
}

/// Siblings that failed the same way.
struct Group<'a> {
    spans: Vec<Node<'a>>,
    cost: Option<Duration>,
}

impl<'a> Group<'a> {
    fn new(cause: Node<'a>) -> Self {
        Self {
            spans: vec![cause],
            cost: None,
        }
    }

    fn cost(&self, survey: &Survey<'_>) -> Option<Duration> {
        let first = *self.spans.first()?;
        let times = || {
            self.spans
                .iter()
                .filter_map(|node| Interval::of(node.span()))
        };
        times().next()?;
        Some(union(times()).min(survey.call(first)))
    }

    fn describe(&self) -> Option<Failure> {
        let first = *self.spans.first()?;
        let above: Vec<_> = first
            .ancestors()
            .take_while(|node| node.span().is_error())
            .collect();
        let mut names: Vec<_> = above
            .iter()
            .filter(|&&node| !is_the_call(node))
            .map(|node| node.span().name().to_owned())
            .collect();
        // A CLIENT span and the SERVER span below it share a name.
        names.dedup();
        let ids = self.spans.iter().chain(&above);
        Some(Failure {
            name: first.span().name().to_owned(),
            error: error(first.span()),
            answered: is_http_status(first.span()),
            count: self.spans.len(),
            failed_with_it: names,
            call_failed: is_the_call(first) || above.iter().any(|&node| is_the_call(node)),
            cost: self.cost,
            evidence: ids.map(|node| node.span().id()).collect(),
        })
    }
}

/// Whether a span stands for the whole call: the root, or the SERVER span right below it.
fn is_the_call(node: Node<'_>) -> bool {
    match node.parent() {
        None => true,
        Some(parent) => node.span().kind() == SpanKind::Server && parent.parent().is_none(),
    }
}

fn error(span: &Span) -> Option<String> {
    let declared = span
        .text_attribute(ERROR_TYPE)
        .filter(|class| !class.is_empty() && *class != ERROR_OTHER);
    let status = || span.attribute(HTTP_RESPONSE_STATUS_CODE)?.as_int();
    let exception = || {
        let attributes = || span.events().iter().flat_map(|event| event.attributes());
        attributes()
            .find(|attribute| attribute.key == EXCEPTION_TYPE)
            .and_then(|attribute| attribute.value.as_str())
    };
    declared
        .map(ToOwned::to_owned)
        .or_else(|| status().map(|status| status.to_string()))
        .or_else(|| exception().map(ToOwned::to_owned))
}

fn is_http_status(span: &Span) -> bool {
    let status = span
        .attribute(HTTP_RESPONSE_STATUS_CODE)
        .and_then(AnyValue::as_int);
    let class = error(span).unwrap_or_default();
    let is_number = class.len() == 3 && class.bytes().all(|byte| byte.is_ascii_digit());
    is_number && (status.is_some() || span.attribute(HTTP_REQUEST_METHOD).is_some())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CallName(&self.name).fmt(f)?;
        match &self.error {
            Some(status) if self.answered => write!(f, " answered {}", Name(status))?,
            Some(class) => write!(f, " failed with {}", Name(class))?,
            None => f.write_str(" failed")?,
        }
        if self.count > 1 {
            write!(f, " {} times", self.count)?;
            if let Some(cost) = self.cost {
                write!(f, " ({})", duration_text(cost))?;
            }
        }
        let names: Vec<_> = self.failed_with_it.iter().map(|name| Name(name)).collect();
        let is_all = names.is_empty();
        match self.call_failed {
            true if is_all && self.evidence.len() == self.count => return Ok(()),
            true if is_all => return f.write_str("; the call failed with it"),
            false if is_all => return f.write_str("; nothing above it failed with it"),
            _ => f.write_str("; ")?,
        }
        listed(f, &names)?;
        f.write_str(match self.call_failed {
            true if names.len() > 1 => ", and the call failed with it",
            true => " and the call failed with it",
            false => " failed with it, the call did not",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::analysis::fixture::{CLIENT, INTERNAL, Row, SERVER, payload, sentences};
    use crate::analysis::{SpanTree, findings};

    fn failed<'a>(id: u64, parent: u64, kind: u8, name: &'a str, error: &'a [&'a str]) -> Row<'a> {
        (id, parent, kind, name, id, 100 - id, error)
    }

    #[test]
    fn the_deepest_failure_is_named_and_what_failed_with_it() {
        let error = &["error.type=x"][..];
        let spans = [
            failed(1, 0, CLIENT, "tools/call t", error),
            failed(2, 1, SERVER, "tools/call t", error),
            failed(3, 2, INTERNAL, "outer", error),
            failed(4, 3, CLIENT, "GET /a", error),
            failed(5, 4, SERVER, "GET /a", error),
            failed(6, 5, INTERNAL, "query", &["error.type=Deadlock"]),
        ];
        assert_eq!(
            sentences(&spans),
            ["`query` failed with Deadlock; GET /a and outer, and the call failed with it"]
        );
        assert_eq!(
            sentences(&spans[2..]),
            ["`query` failed with Deadlock; GET /a and the call failed with it"]
        );
        assert_eq!(
            sentences(&spans[..2]),
            ["`tools/call t` failed with x; the call failed with it"]
        );
        assert_eq!(sentences(&spans[..1]), ["`tools/call t` failed with x"]);
    }

    #[test]
    fn what_was_cancelled_by_a_failure_above_is_no_cause() {
        let cancelled = &["error.type=cancelled"][..];
        let spans = [
            failed(1, 0, SERVER, "root", &[]),
            failed(2, 1, INTERNAL, "fetch", &["error.type=timeout"]),
            failed(3, 2, INTERNAL, "inner", cancelled),
            failed(4, 3, CLIENT, "GET", cancelled),
        ];
        assert_eq!(
            sentences(&spans),
            ["`fetch` failed with timeout; nothing above it failed with it"]
        );
        let all_cancelled = [failed(2, 0, SERVER, "root", cancelled), spans[2]];
        assert_eq!(
            sentences(&all_cancelled),
            ["`inner` failed with cancelled; the call failed with it"]
        );
    }

    #[test]
    fn the_class_is_the_best_there_is() {
        let exception = json!([{"name": "exception", "attributes": [
            {"key": "exception.type", "value": {"stringValue": "KeyError"}},
        ]}]);
        for (attributes, events, sentence) in [
            (
                &["error.type=500", "http.request.method=GET"][..],
                json!([]),
                "`GET` answered 500",
            ),
            (
                &["error.type=_OTHER", "http.response.status_code=404"],
                json!([]),
                "`GET` answered 404",
            ),
            (
                &["error.type=connect", "http.request.method=GET"],
                json!([]),
                "`GET` failed with connect",
            ),
            (&["error.type=500"], json!([]), "`GET` failed with 500"),
            (&["error.type="], exception, "`GET` failed with KeyError"),
            (&["error.type="], json!([]), "`GET` failed"),
        ] {
            let mut json = payload("s", &[failed(1, 0, CLIENT, "GET", attributes)]);
            json["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["events"] = events;
            let tree = SpanTree::from_otlp(&json).unwrap();
            assert_eq!(findings(&tree)[0].to_string(), sentence);
        }
    }

    #[test]
    fn siblings_that_failed_alike_are_told_of_together() {
        let error = &["error.type=x"][..];
        let mut spans = vec![(1, 0, SERVER, "root", 0, 100, &[][..])];
        spans.extend((2..6).map(|id| failed(id, 1, INTERNAL, "task", error)));
        spans.push(failed(6, 1, INTERNAL, "task", &["error.type=y"]));
        assert_eq!(
            sentences(&spans),
            [
                "`task` failed with x 4 times (96 ms); nothing above it failed with it",
                "`task` failed with y; nothing above it failed with it"
            ]
        );
    }
}
