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
            (self.skipped > 0)
                .then(|| format!("{} no usable spans", were(Counted(self.skipped, "entry")))),
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
