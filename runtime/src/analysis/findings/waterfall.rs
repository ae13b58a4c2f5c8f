//! Different calls, one after another.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::SpanId;
use opentelemetry_semantic_conventions::attribute::{HTTP_REQUEST_METHOD, URL_TEMPLATE};

use super::sequence::{Sequence, is_followed_by, wrapped_call};
use super::shape::{Shape, is_model_call};
use super::survey::Survey;
use super::wording::{CallName, Name, listed};
use crate::analysis::Node;
use crate::analysis::interval::Interval;
use crate::otlp::Span;
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

/// Methods and statements that change something, so that their order matters.
const WRITES: [&str; 8] = [
    "POST", "PUT", "PATCH", "DELETE", "INSERT", "UPDATE", "MERGE", "UPSERT",
];
/// Words in names of what decides whether the calls after it are allowed.
const AUTHORISATIONS: [&str; 3] = ["auth", "login", "token"];

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
                && !is_needed_by(before, after)
        })
        .filter(|run| run.len() >= MIN_CALLS)
        .map(|run| Sequence {
            parent,
            calls: run.to_vec(),
        })
        .collect()
}

/// Whether the later call visibly needs the earlier one, or must not overtake it.
fn is_needed_by(before: Node<'_>, after: Node<'_>) -> bool {
    let Some((first, second)) = wrapped_call(before).zip(wrapped_call(after)) else {
        return false;
    };
    let (first, second) = (first.span(), second.span());
    // What a model answers decides what is called next; what is changed is seen by whoever asks next; who may not ask
    // at all is found out first.
    [first, second]
        .into_iter()
        .any(|call| is_model_call(call) || changes_something(call))
        || [before.span(), first]
            .into_iter()
            .any(|span| authorises(span.name()))
        || names_one_of(first, second)
}

/// Whether the second call fetches one of what the first lists: `/messages`, then `/messages/{id}`.
fn names_one_of(first: &Span, second: &Span) -> bool {
    let templates = [first, second].map(|call| call.text_attribute(URL_TEMPLATE));
    let [Some(list), Some(one)] = templates else {
        return false;
    };
    one.strip_prefix(list.trim_end_matches('/'))
        .is_some_and(|rest| rest.starts_with("/{"))
}

fn changes_something(call: &Span) -> bool {
    let (first_word, _) = call.name().split_once(' ').unwrap_or((call.name(), ""));
    let verb = call
        .text_attribute(HTTP_REQUEST_METHOD)
        .unwrap_or(first_word);
    WRITES.iter().any(|write| verb.eq_ignore_ascii_case(write))
}

fn authorises(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    AUTHORISATIONS.iter().any(|word| name.contains(word))
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

#[cfg(test)]
mod tests {
    use crate::analysis::fixture::{CLIENT, INTERNAL, Row, SERVER, sentences};

    /// Calls of one span, at the given times, named by their place.
    fn found(times: &[(u64, u64)]) -> bool {
        let mut spans: Vec<Row<'_>> = vec![(1, 0, SERVER, "root", 0, 1000, &[])];
        for (&(start, end), id) in times.iter().zip(2..) {
            let name = ["GET /a", "GET /b", "GET /c", "GET /d"][spans.len() - 1];
            spans.push((id, 1, CLIENT, name, start, end, &[]));
        }
        sentences(&spans)
            .iter()
            .any(|sentence| sentence.contains("if they do not depend"))
    }

    #[test]
    fn three_calls_without_a_pause_that_are_most_of_their_parent() {
        assert!(found(&[(0, 300), (300, 600), (600, 1000)]));
        assert!(found(&[(0, 300), (320, 600), (650, 1000)]), "short pauses");
        assert!(!found(&[(0, 500), (500, 1000)]), "two calls");
        assert!(!found(&[(0, 300), (300, 600), (700, 1000)]), "a pause");
        assert!(
            !found(&[(0, 150), (150, 300), (300, 450)]),
            "less than half"
        );
        assert!(
            !found(&[(0, 900), (900, 950), (950, 1000)]),
            "one is nearly all"
        );
        assert!(!found(&[(0, 800), (100, 900), (200, 1000)]), "side by side");
    }

    #[test]
    fn stages_are_no_calls() {
        let stage = |id: u64, name| {
            (
                id,
                1,
                INTERNAL,
                name,
                id * 300 - 600,
                id * 300 - 300,
                &[][..],
            )
        };
        let spans = [
            (1, 0, SERVER, "root", 0, 900, &[][..]),
            stage(2, "parse"),
            stage(3, "check"),
            stage(4, "write"),
            // A call that is a small part of its stage.
            (5, 4, CLIENT, "GET", 610, 700, &[]),
        ];
        assert!(!sentences(&spans).concat().contains("depend"));
    }

    #[test]
    fn calls_that_need_each_other_are_no_waterfall() {
        let get = |template| ["http.request.method=GET", template];
        let lists = get("url.template=/messages");
        let one = get("url.template=/messages/{id}");
        let other = get("url.template=/contacts");
        let third = get("url.template=/labels");
        let found = |calls: [(&str, &[&str; 2]); 3]| {
            let mut spans: Vec<Row<'_>> = vec![(1, 0, SERVER, "root", 0, 900, &[])];
            for ((name, attributes), id) in calls.into_iter().zip(0..) {
                spans.push((
                    id + 2,
                    1,
                    CLIENT,
                    name,
                    id * 300,
                    id * 300 + 300,
                    attributes,
                ));
            }
            !sentences(&spans).is_empty()
        };
        let post = ["http.request.method=POST", "url.template=/send"];
        assert!(found([("GET", &other), ("GET", &lists), ("GET", &third)]));
        assert!(!found([("GET", &other), ("GET", &lists), ("GET", &one)]));
        assert!(!found([("GET", &other), ("GET", &lists), ("POST", &post)]));
        assert!(!found([
            ("GET /oauth/me", &other),
            ("GET", &lists),
            ("GET", &third)
        ]));
    }

    #[test]
    fn a_model_call_between_two_calls_parts_them() {
        let model = &["gen_ai.operation.name=chat"][..];
        let call =
            |id: u64, name, attributes| (id, 1, CLIENT, name, id * 100, id * 100 + 100, attributes);
        let spans = [
            (1, 0, INTERNAL, "invoke_agent", 200, 700, &[][..]),
            call(2, "chat", model),
            call(3, "tools/call a", &[]),
            call(4, "chat", model),
            call(5, "tools/call b", &[]),
            call(6, "chat", model),
        ];
        assert_eq!(sentences(&spans), Vec::<String>::new());
    }
}
