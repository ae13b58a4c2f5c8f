//! Attempts at one call, of which some failed.

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::SpanId;
use opentelemetry_semantic_conventions::attribute::HTTP_REQUEST_RESEND_COUNT;

use super::sequence::{Sequence, is_followed_by};
use super::shape::subject;
use super::survey::Survey;
use super::wording::CallName;
use crate::analysis::Node;
use crate::otlp::AnyValue;
use crate::render::duration_text;

/// Attempts at one call, the last of which went well.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Retries {
    /// The call's name, as sent.
    pub name: String,
    /// How many attempts there were.
    pub attempts: usize,
    /// How many of them failed.
    pub failed: usize,
    /// From the first attempt's start to the last one's end, pauses included.
    pub cost: Duration,
    /// What the whole call took.
    pub call: Duration,
    /// The attempts, in order.
    pub evidence: Vec<SpanId>,
}

/// The series of attempts among siblings of one shape, each of two or more, in which all but the last failed.
///
/// Attempts say so (`http.request.resend_count`). Where none does, all of the siblings together are one series, or
/// none: of a loop in which a call fails now and then, nothing shows that the next call is another attempt.
pub(super) fn series<'a>(parent: Node<'a>, group: &[Node<'a>]) -> Vec<Sequence<'a>> {
    let numbered = group.iter().any(|&node| resend_count(node) > 0);
    let same = |before: Node<'a>, after: Node<'a>| {
        before.span().is_error()
            && is_followed_by(before, after)
            && match numbered {
                true => resend_count(after) == resend_count(before).saturating_add(1),
                false => subject(before.span()) == subject(after.span()),
            }
    };
    group
        .chunk_by(|&before, &after| same(before, after))
        .filter(|chunk| chunk.len() >= 2 && (numbered || chunk.len() == group.len()))
        .map(|chunk| Sequence {
            parent,
            calls: chunk.to_vec(),
        })
        .collect()
}

/// What there is to say of a series; `None` if its last attempt failed as well, which is more than a retry.
pub(super) fn describe(survey: &Survey<'_>, series: &Sequence<'_>) -> Option<Retries> {
    let last = series.calls.last().filter(|last| !last.span().is_error())?;
    let call = survey.call(series.parent);
    Some(Retries {
        name: last.span().name().to_owned(),
        attempts: series.calls.len(),
        failed: series.calls.len() - 1,
        cost: series.hull()?.duration().min(call),
        call,
        evidence: series.ids(),
    })
}

fn resend_count(node: Node<'_>) -> i64 {
    node.span()
        .attribute(HTTP_REQUEST_RESEND_COUNT)
        .and_then(AnyValue::as_int)
        .unwrap_or(0)
}

impl fmt::Display for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} attempts, {} failed, {} of {} with the pauses between",
            CallName(&self.name),
            self.attempts,
            self.failed,
            duration_text(self.cost),
            duration_text(self.call),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::fixture::{CLIENT, INTERNAL, Row, sentences};

    const FAILED: &str = "error.type=503";

    /// A phase of 1 s with attempts one after another, each with its attributes.
    fn found<'a>(attempts: &[&'a [&'a str]]) -> Vec<String> {
        let mut spans: Vec<Row<'a>> = vec![(1, 0, INTERNAL, "root", 0, 1000, &[])];
        let each = 1000 / attempts.len() as u64;
        for (&attributes, id) in attempts.iter().zip(0..) {
            let (start, end) = (id * each, (id + 1) * each);
            spans.push((id + 2, 1, CLIENT, "GET", start, end, attributes));
        }
        sentences(&spans)
    }

    #[test]
    fn attempts_up_to_the_one_that_went_well_are_retries() {
        let expected = "`GET`: 3 attempts, 2 failed, 999 ms of 1.00 s with the pauses between";
        assert_eq!(found(&[&[FAILED], &[FAILED], &[]]), [expected]);
        let second = &["http.request.resend_count=1", FAILED][..];
        let third = &["http.request.resend_count=2"][..];
        assert_eq!(found(&[&[FAILED], second, third]), [expected]);
    }

    #[test]
    fn numbered_attempts_are_found_among_other_calls() {
        let again = &["http.request.resend_count=1"][..];
        let sentences = found(&[&[], &[FAILED], again, &[], &[FAILED], again]);
        let starts: Vec<_> = sentences.iter().map(|sentence| &sentence[..22]).collect();
        // The attempts that failed are no calls of their own.
        assert_eq!(
            starts,
            [
                "N+1: root makes 4 `GET",
                "`GET`: 2 attempts, 1 f",
                "`GET`: 2 attempts, 1 f"
            ]
        );
    }

    #[test]
    fn a_loop_in_which_a_call_fails_now_and_then_is_no_retry() {
        for sentence in found(&[&[], &[FAILED], &[], &[FAILED], &[]]) {
            assert!(!sentence.contains("attempts"), "{sentence}");
        }
    }

    #[test]
    fn calls_about_different_things_are_no_attempts_at_one() {
        let sentences = found(&[&["url.full=https://a/1", FAILED], &["url.full=https://a/2"]]);
        assert_eq!(
            sentences,
            ["`GET` failed with 503; nothing above it failed with it"]
        );
    }
}
