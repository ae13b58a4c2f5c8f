//! Spans joined to trees by their parent ids.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::otlp::{Resource, Scope, Span, SpanFields};

/// The most spans a tree takes; the rest is counted in [`SpanTree::skipped`]. Ours: forty times what a server of this
/// crate sends in one answer, and still a fraction of a second to analyse.
pub const MAX_SPANS: usize = 10_000;

/// Spans joined by their parent ids, ordered by start.
///
/// Every span taken is in the tree exactly once: a span whose parent is missing is a root, and a cycle is cut at its
/// earliest span.
#[derive(Debug, Clone, Default)]
pub struct SpanTree {
    spans: Vec<Span>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
    skipped: usize,
}

/// Why OTLP JSON could not be read as spans at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The payload is not an object with a `resourceSpans` array.
    #[error("not OTLP JSON: `resourceSpans` is {found}, where an array was expected")]
    NotOtlp {
        /// What stands in its place, for example `missing` or `a string`.
        found: &'static str,
    },
}

impl SpanTree {
    /// Joins spans that have been read before, such as those an ingest accepted.
    ///
    /// Where two spans claim the same id, the earlier one keeps it.
    #[must_use]
    pub fn from_spans(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut reader = Reader::default();
        for span in spans {
            reader.take(Some(span));
        }
        Self::join(reader.spans, reader.skipped)
    }

    /// Reads `{"resourceSpans": [...]}`, as SEP-2448 servers return it in `_meta.otel.traces`.
    ///
    /// Whatever cannot be read as a span is left out and counted in [`skipped`](Self::skipped).
    ///
    /// # Errors
    ///
    /// [`TreeError::NotOtlp`] if there is no `resourceSpans` array.
    pub fn from_otlp(payload: &Value) -> Result<Self, TreeError> {
        Self::from_payloads([payload])
    }

    /// Joins the spans of several payloads into one tree: the caller's own first, then what servers returned.
    ///
    /// Where two payloads claim the same span id, the earlier one keeps it.
    ///
    /// # Errors
    ///
    /// [`TreeError::NotOtlp`] if one of them has no `resourceSpans` array.
    pub fn from_payloads<'a>(
        payloads: impl IntoIterator<Item = &'a Value>,
    ) -> Result<Self, TreeError> {
        let mut reader = Reader::default();
        for payload in payloads {
            reader.read(payload)?;
        }
        Ok(Self::join(reader.spans, reader.skipped))
    }

    /// The number of spans.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no span at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// How many spans were left out: without an id, with the id of another span, or over [`MAX_SPANS`].
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The spans without a parent in the tree, earliest first.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.nodes(&self.roots)
    }

    /// All spans, each before its children, with its depth below the root.
    pub fn walk(&self) -> impl Iterator<Item = (usize, Node<'_>)> {
        let mut stack: Vec<_> = self.roots.iter().rev().map(|&root| (0, root)).collect();
        std::iter::from_fn(move || {
            let (depth, node) = loop {
                let (depth, index) = stack.pop()?;
                if let Some(node) = self.node(index) {
                    break (depth, node);
                }
            };
            stack.extend(
                node.child_indices()
                    .iter()
                    .rev()
                    .map(|&child| (depth + 1, child)),
            );
            Some((depth, node))
        })
    }

    /// The span with an id; the first, if several traces use the same.
    #[must_use]
    pub fn find(&self, id: SpanId) -> Option<Node<'_>> {
        self.node(self.spans.iter().position(|span| span.id() == id)?)
    }

    fn node(&self, index: usize) -> Option<Node<'_>> {
        self.spans.get(index).map(|span| Node {
            tree: self,
            index,
            span,
        })
    }

    fn nodes<'a>(&'a self, indices: &'a [usize]) -> impl Iterator<Item = Node<'a>> {
        indices.iter().filter_map(|&index| self.node(index))
    }

    /// Orders by start, links by parent id, and cuts cycles. Nothing here recurses: depth is the sender's choice.
    fn join(mut spans: Vec<Span>, skipped: usize) -> Self {
        // By id where starts are equal, so that the order of sending does not matter.
        spans.sort_by_cached_key(|span| {
            let (trace, id) = key(span);
            (span.start_unix_nano(), trace.to_bytes(), id.to_bytes())
        });
        let index_of: HashMap<_, _> = spans
            .iter()
            .enumerate()
            .map(|(index, span)| (key(span), index))
            .collect();
        let mut parents: Vec<Option<usize>> = spans
            .iter()
            .map(|span| index_of.get(&(span.trace_id(), span.parent_id()?)).copied())
            .collect();
        cut_cycles(&mut parents);
        let mut children = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for (index, parent) in parents.iter().enumerate() {
            match parent.and_then(|parent| children.get_mut(parent)) {
                Some(siblings) => siblings.push(index),
                None => roots.push(index),
            }
        }
        Self {
            spans,
            parents,
            children,
            roots,
            skipped,
        }
    }
}

/// A span in its tree.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    tree: &'a SpanTree,
    index: usize,
    span: &'a Span,
}

impl<'a> Node<'a> {
    /// The span itself.
    #[must_use]
    pub fn span(&self) -> &'a Span {
        self.span
    }

    /// The span's parent, if it is in the tree.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.tree.node((*self.tree.parents.get(self.index)?)?)
    }

    /// The span's ancestors, nearest first.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + use<'a> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// The span's children, ordered by start.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        self.tree.nodes(self.child_indices())
    }

    /// Whether the span has no children in the tree.
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        self.child_indices().is_empty()
    }

    /// Whether another child of the same parent, or another root, starts after this one.
    #[must_use]
    pub fn is_last(&self) -> bool {
        let siblings = match self.parent() {
            Some(parent) => parent.child_indices(),
            None => &self.tree.roots,
        };
        siblings.last() == Some(&self.index)
    }

    /// Where the span is in the tree: below the tree's length, and later than every earlier span.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    fn child_indices(&self) -> &'a [usize] {
        self.tree
            .children
            .get(self.index)
            .map_or(&[], Vec::as_slice)
    }
}

#[derive(Default)]
struct Reader {
    spans: Vec<Span>,
    seen: std::collections::HashSet<(TraceId, SpanId)>,
    skipped: usize,
}

impl Reader {
    fn read(&mut self, payload: &Value) -> Result<(), TreeError> {
        let Some(Value::Array(resources)) = payload.get("resourceSpans") else {
            return Err(TreeError::NotOtlp {
                found: json_type(payload.get("resourceSpans")),
            });
        };
        for entry in resources {
            let resource = Arc::new(part::<Resource>(entry, "resource"));
            for entry in elements(entry, "scopeSpans") {
                let scope = Arc::new(part::<Scope>(entry, "scope"));
                for json in elements(entry, "spans") {
                    self.take(
                        <SpanFields as Deserialize>::deserialize(json)
                            .ok()
                            .map(|fields| Span {
                                resource: Arc::clone(&resource),
                                scope: Arc::clone(&scope),
                                fields,
                            }),
                    );
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, span: Option<Span>) {
        match span.filter(|span| span.id() != SpanId::INVALID && self.spans.len() < MAX_SPANS) {
            Some(span) if self.seen.insert(key(&span)) => self.spans.push(span),
            _ => self.skipped += 1,
        }
    }
}

/// A part of an entry; what cannot be read says nothing.
fn part<T: DeserializeOwned + Default>(entry: &Value, key: &str) -> T {
    let part = entry.get(key).and_then(|part| T::deserialize(part).ok());
    part.unwrap_or_default()
}

fn elements<'a>(entry: &'a Value, key: &str) -> &'a [Value] {
    entry
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn key(span: &Span) -> (TraceId, SpanId) {
    (span.trace_id(), span.id())
}

/// Removes one link of every cycle: the one above its earliest span, since `parents` is ordered by start.
fn cut_cycles(parents: &mut [Option<usize>]) {
    // The walk that visited a span, so that meeting one's own track is a cycle and meeting another's is not.
    let mut visited_by = vec![usize::MAX; parents.len()];
    for start in 0..parents.len() {
        let mut current = start;
        while let Some(mark) = visited_by.get_mut(current) {
            if *mark == start {
                // `current` is on the cycle; so is everything above it.
                let earliest = cycle(parents, current).min().unwrap_or(current);
                if let Some(link) = parents.get_mut(earliest) {
                    *link = None;
                }
                break;
            }
            if *mark != usize::MAX {
                break;
            }
            *mark = start;
            match parents.get(current) {
                Some(Some(parent)) => current = *parent,
                _ => break,
            }
        }
    }
}

/// The members of the cycle that `start` is on.
fn cycle(parents: &[Option<usize>], start: usize) -> impl Iterator<Item = usize> + '_ {
    let above = |index: &usize| parents.get(*index).copied().flatten();
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let current = next?;
        next = above(&current).filter(|&parent| parent != start);
        Some(current)
    })
}

fn json_type(value: Option<&Value>) -> &'static str {
    match value {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::analysis::fixture::{INTERNAL, gmail_client, gmail_detailed, payload};

    fn outline(tree: &SpanTree) -> String {
        tree.walk()
            .map(|(depth, node)| format!("{}{}\n", "  ".repeat(depth), node.span().name()))
            .collect()
    }

    #[test]
    fn joins_the_callers_span_and_the_servers() {
        let tree = SpanTree::from_payloads([&gmail_client(), &gmail_detailed()]).unwrap();
        assert_eq!(
            outline(&tree),
            "tools/call list_emails
  tools/call list_emails
    auth.validate
    gmail.list_messages
      GET /gmail/v1/users/me/messages
    gmail.fetch_details
      GET /gmail/v1/users/me/messages/{id}
      GET /gmail/v1/users/me/messages/{id}
      GET /gmail/v1/users/me/messages/{id}
    format_response
"
        );
        let services: Vec<_> = tree
            .walk()
            .take(2)
            .map(|(_, node)| node.span().service())
            .collect();
        assert_eq!(
            services,
            [Some("mcp-gmail-agent"), Some("mcp-gmail-server")]
        );
    }

    #[test]
    fn orders_children_by_start() {
        let tree = SpanTree::from_otlp(&payload(
            "s",
            &[
                (1, 0, 2, "root", 0, 9, &[]),
                (2, 1, 1, "late", 5, 6, &[]),
                (3, 1, 1, "early", 1, 2, &[]),
            ],
        ))
        .unwrap();
        assert_eq!(outline(&tree), "root\n  early\n  late\n");
    }

    #[test]
    fn a_span_without_its_parent_is_a_root() {
        let tree = SpanTree::from_otlp(&payload("s", &[(2, 1, 2, "orphan", 0, 9, &[])])).unwrap();
        let root = tree.roots().next().unwrap();
        assert_eq!(root.span().parent_id(), Some(SpanId::from(1)));
        assert!(root.parent().is_none());
    }

    #[test]
    fn cuts_a_cycle_at_its_earliest_span() {
        let tree = SpanTree::from_otlp(&payload(
            "s",
            &[
                (1, 3, INTERNAL, "a", 5, 6, &[]),
                (2, 1, INTERNAL, "b", 2, 3, &[]),
                (3, 2, INTERNAL, "c", 7, 8, &[]),
                (4, 3, INTERNAL, "below the cycle", 1, 9, &[]),
                (5, 5, INTERNAL, "its own parent", 9, 9, &[]),
            ],
        ))
        .unwrap();
        assert_eq!(
            outline(&tree),
            "b\n  c\n    below the cycle\n    a\nits own parent\n"
        );
    }

    #[test]
    fn the_first_payload_keeps_a_contested_id() {
        let tree = SpanTree::from_payloads([
            &payload("ours", &[(1, 0, 3, "mine", 0, 9, &[])]),
            &payload("theirs", &[(1, 0, 2, "forged", 0, 9, &[])]),
        ])
        .unwrap();
        assert_eq!((outline(&tree).as_str(), tree.skipped()), ("mine\n", 1));
    }

    #[test]
    fn counts_what_it_leaves_out() {
        for (spans, len, skipped) in [
            (MAX_SPANS - 1, MAX_SPANS - 1, 0),
            (MAX_SPANS, MAX_SPANS, 0),
            (MAX_SPANS + 1, MAX_SPANS, 1),
        ] {
            let spans: Vec<_> = (1..=spans)
                .map(|id| json!({"spanId": format!("{id:016x}")}))
                .collect();
            let tree = SpanTree::from_otlp(
                &json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}),
            )
            .unwrap();
            assert_eq!((tree.len(), tree.skipped()), (len, skipped));
        }
    }

    #[test]
    fn takes_a_chain_as_deep_as_the_bound() {
        let spans: Vec<_> = (1..=MAX_SPANS)
            .map(|id| json!({"spanId": format!("{id:016x}"), "parentSpanId": format!("{:016x}", id - 1)}))
            .collect();
        let tree =
            SpanTree::from_otlp(&json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
                .unwrap();
        assert_eq!(
            tree.walk().map(|(depth, _)| depth).max(),
            Some(MAX_SPANS - 1)
        );
    }

    #[test]
    fn says_what_stands_in_place_of_resource_spans() {
        let message = |json| SpanTree::from_otlp(&json).unwrap_err().to_string();
        assert_eq!(
            message(json!({"resourceSpans": "x"})),
            "not OTLP JSON: `resourceSpans` is a string, where an array was expected"
        );
        assert_eq!(
            message(json!([])),
            "not OTLP JSON: `resourceSpans` is missing, where an array was expected"
        );
    }

    proptest! {
        #[test]
        fn every_span_is_in_the_tree_once_whatever_the_links(
            links in proptest::collection::vec((1..12_u64, 0..12_u64, 0..20_u64, 0..20_u64), 0..40)
        ) {
            let spans: Vec<_> = links
                .iter()
                .map(|&(id, parent, start, end)| (id, parent, INTERNAL, "span", start, end, &[][..]))
                .collect();
            let tree = SpanTree::from_otlp(&payload("s", &spans)).unwrap();
            let mut ids: Vec<_> = tree.walk().map(|(_, node)| node.span().id().to_bytes()).collect();
            prop_assert_eq!(ids.len(), tree.len());
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), tree.len());
            prop_assert_eq!(tree.len() + tree.skipped(), links.len());
        }
    }
}
