//! What is missing from a tree.

use std::fmt;

use opentelemetry::trace::{SpanId, SpanKind};

use super::wording::{Counted, listed};
use crate::analysis::{Node, SpanTree};

/// What the answer and its ingest say of spans that are not in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AnswerNotes {
    /// The server says that it left spans out (SEP-2448 S10).
    pub truncated: bool,
    /// How many spans the server says it left out (its `droppedSpanCount`).
    pub held_back: u64,
    /// How many spans were rejected on the way in.
    pub rejected: u64,
}

impl AnswerNotes {
    /// Sets whether the server says that it left spans out.
    #[must_use]
    pub fn with_truncated(mut self, truncated: bool) -> Self {
        self.truncated = truncated;
        self
    }

    /// Sets how many spans the server says it left out.
    #[must_use]
    pub fn with_held_back(mut self, spans: u64) -> Self {
        self.held_back = spans;
        self
    }

    /// Sets how many spans were rejected on the way in.
    #[must_use]
    pub fn with_rejected(mut self, spans: u64) -> Self {
        self.rejected = spans;
        self
    }
}

/// Spans are missing, so that the tree may not show where the time went.
///
/// Attributes, events and links that their producer left out are counted here, but are no observation of their own:
/// a server that keeps what is private leaves some out of nearly every span.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Incomplete {
    /// What the answer and its ingest say.
    pub notes: AnswerNotes,
    /// How many entries were no usable spans ([`SpanTree::skipped`]).
    pub skipped: usize,
    /// How many attributes, events and links the spans' producers left out, by their own count.
    pub dropped_parts: u64,
    /// The spans whose parents are missing.
    pub evidence: Vec<SpanId>,
}

/// Says what is missing, if anything is.
pub(super) fn find(tree: &SpanTree, notes: AnswerNotes) -> Option<Incomplete> {
    let evidence: Vec<_> = orphans(tree).map(|node| node.span().id()).collect();
    let whole = notes == AnswerNotes::default() && tree.skipped() == 0 && evidence.is_empty();
    (!whole).then(|| Incomplete {
        notes,
        skipped: tree.skipped(),
        dropped_parts: dropped_parts(tree),
        evidence,
    })
}

/// Roots that name a parent. Not those that answer a call from elsewhere, nor the root that the rest of the trace hangs
/// on, and what stands beside it: their parents are the caller's own business.
fn orphans(tree: &SpanTree) -> impl Iterator<Item = Node<'_>> {
    let main = tree.longest_root().or_else(|| tree.roots().next());
    let main = main.and_then(|root| root.span().parent_id());
    tree.roots().filter(move |root| {
        let parent = root.span().parent_id();
        let answers = [SpanKind::Server, SpanKind::Consumer].contains(&root.span().kind());
        parent.is_some() && parent != main && !answers
    })
}

fn dropped_parts(tree: &SpanTree) -> u64 {
    let counts = tree.walk().flat_map(|(_, node)| {
        let fields = &node.span().fields;
        [
            fields.dropped_attributes_count,
            fields.dropped_events_count,
            fields.dropped_links_count,
        ]
    });
    counts.map(u64::from).fold(0, u64::saturating_add)
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: u64| Counted(usize::try_from(count).unwrap_or(usize::MAX), "span");
        let AnswerNotes {
            truncated,
            held_back,
            rejected,
        } = self.notes;
        let orphans = self.evidence.len();
        let parts = [
            (held_back > 0).then(|| format!("the server held back {}", count(held_back))),
            (truncated && held_back == 0).then(|| "the server truncated it".to_owned()),
            (rejected > 0).then(|| format!("{} rejected", were(count(rejected)))),
            (self.skipped > 0).then(|| format!("{} skipped", were(Counted(self.skipped, "entry")))),
            (orphans > 0).then(|| match orphans {
                1 => "the parent of 1 span is missing".to_owned(),
                more => format!("the parents of {more} spans are missing"),
            }),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        f.write_str("The trace is incomplete: ")?;
        listed(f, &parts)?;
        if self.dropped_parts > 0 {
            let dropped = self.dropped_parts;
            write!(
                f,
                "; producers left out {dropped} attributes, events or links"
            )?;
        }
        Ok(())
    }
}

fn were(count: Counted) -> String {
    match count {
        Counted(1, "entry") => "1 entry was".to_owned(),
        Counted(more, "entry") => format!("{more} entries were"),
        Counted(1, _) => format!("{count} was"),
        Counted(..) => format!("{count} were"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture::{CLIENT, INTERNAL, Row, SERVER, payload};

    fn found(spans: &[Row<'_>], notes: AnswerNotes) -> Option<String> {
        let tree = SpanTree::from_otlp(&payload("s", spans)).unwrap();
        find(&tree, notes).map(|finding| finding.to_string())
    }

    #[test]
    fn says_what_the_answer_says_of_itself() {
        let notes = AnswerNotes::default();
        for (notes, sentence) in [
            (notes, None),
            (
                notes.with_truncated(true),
                Some("The trace is incomplete: the server truncated it"),
            ),
            (
                notes
                    .with_truncated(true)
                    .with_held_back(1)
                    .with_rejected(2),
                Some(
                    "The trace is incomplete: the server held back 1 span and 2 spans were rejected",
                ),
            ),
        ] {
            assert_eq!(found(&[], notes).as_deref(), sentence);
        }
    }

    #[test]
    fn a_missing_parent_counts_unless_it_is_the_callers_own_business() {
        let root = (1, 50, CLIENT, "root", 0, 1000, &[][..]);
        for (what, span, counts) in [
            (
                "a lost parent",
                (2, 60, INTERNAL, "orphan", 10, 20, &[][..]),
                true,
            ),
            (
                "beside the root",
                (2, 50, CLIENT, "sibling", 10, 20, &[]),
                false,
            ),
            (
                "no parent at all",
                (2, 0, INTERNAL, "another trace", 10, 20, &[]),
                false,
            ),
            (
                "answers a gateway",
                (2, 60, SERVER, "behind a gateway", 10, 20, &[]),
                false,
            ),
        ] {
            let sentence = found(&[root, span], AnswerNotes::default());
            assert_eq!(sentence.is_some(), counts, "{what}");
        }
    }

    #[test]
    fn what_producers_left_out_is_told_only_beside_missing_spans() {
        let mut json = payload("s", &[(1, 0, SERVER, "root", 0, 9, &[])]);
        let span = &mut json["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        span["droppedAttributesCount"] = 3.into();
        span["droppedEventsCount"] = 1.into();
        let tree = SpanTree::from_otlp(&json).unwrap();
        assert_eq!(find(&tree, AnswerNotes::default()), None);
        let finding = find(&tree, AnswerNotes::default().with_truncated(true)).unwrap();
        assert!(
            finding
                .to_string()
                .ends_with("; producers left out 4 attributes, events or links")
        );
    }

    #[test]
    fn entries_that_are_no_spans_are_counted() {
        let spans = [
            (1, 0, SERVER, "a", 0, 9, &[][..]),
            (1, 0, SERVER, "b", 0, 9, &[]),
        ];
        let sentence = found(&spans, AnswerNotes::default());
        let expected = "The trace is incomplete: 1 entry was skipped";
        assert_eq!(sentence.as_deref(), Some(expected));
    }
}
