//! The spans a request asked for, as a connected tree.

use std::collections::{HashMap, VecDeque};

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::request::PassbackRequest;

/// One span of the answer and its place in the tree.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) span: SpanData,
    /// Distance from the root.
    pub(super) depth: usize,
    /// Index of the parent in the same list; the root has none.
    pub(super) parent: Option<usize>,
}

/// The root and what hangs below it, as far as `request` reaches (S08):
/// breadth first, siblings by start time. The second value counts spans that
/// were asked for but are not connected to the root: a tree without its root
/// is not sent at all.
pub(super) fn select(
    spans: Vec<SpanData>,
    root: SpanId,
    request: PassbackRequest,
) -> (Vec<Selected>, usize) {
    let max_depth = match request {
        PassbackRequest::Off => return (Vec::new(), 0),
        PassbackRequest::TopLevel => 1,
        PassbackRequest::Detailed => usize::MAX,
    };
    let total = spans.len();
    let mut children: HashMap<SpanId, Vec<SpanData>> = HashMap::new();
    let mut queue = VecDeque::new();
    for span in spans {
        if span.span_context.span_id() == root {
            queue.push_back(Selected {
                span,
                depth: 0,
                parent: None,
            });
        } else {
            children.entry(span.parent_span_id).or_default().push(span);
        }
    }
    let mut selected: Vec<Selected> = Vec::with_capacity(total);
    while let Some(next) = queue.pop_front() {
        let below = children.remove(&next.span.span_context.span_id());
        if next.depth < max_depth {
            let mut below = below.unwrap_or_default();
            below.sort_by_key(|span| span.start_time);
            let (parent, depth) = (Some(selected.len()), next.depth + 1);
            queue.extend(below.into_iter().map(|span| Selected {
                span,
                depth,
                parent,
            }));
        }
        selected.push(next);
    }
    let disconnected = match request {
        PassbackRequest::Detailed => total - selected.len(),
        PassbackRequest::Off | PassbackRequest::TopLevel => 0,
    };
    (selected, disconnected)
}

#[cfg(test)]
mod tests {
    use super::super::bucket::tests::span;
    use super::*;

    fn names(selected: &[Selected]) -> Vec<(String, usize, Option<usize>)> {
        selected
            .iter()
            .map(|s| (s.span.name.to_string(), s.depth, s.parent))
            .collect()
    }

    fn tree() -> Vec<SpanData> {
        // Children end, and so are collected, before their parents.
        vec![
            span(5, 3, "GET"),
            span(4, 3, "GET"),
            span(3, 1, "fetch"),
            span(2, 1, "auth"),
            span(1, 77, "root"),
        ]
    }

    #[test]
    fn top_level_is_the_root_and_its_children() {
        let (selected, dropped) = select(tree(), SpanId::from(1), PassbackRequest::TopLevel);
        assert_eq!(
            names(&selected),
            [
                ("root".into(), 0, None),
                ("auth".into(), 1, Some(0)),
                ("fetch".into(), 1, Some(0))
            ]
        );
        assert_eq!(dropped, 0);
    }

    #[test]
    fn detailed_is_the_whole_tree() {
        let (selected, dropped) = select(tree(), SpanId::from(1), PassbackRequest::Detailed);
        assert_eq!(selected.len(), 5);
        assert_eq!(
            names(&selected)[3..],
            [("GET".into(), 2, Some(2)), ("GET".into(), 2, Some(2))]
        );
        assert_eq!(dropped, 0);
    }

    #[test]
    fn without_a_root_nothing_is_sent() {
        let (selected, dropped) = select(tree(), SpanId::from(9), PassbackRequest::Detailed);
        assert!(selected.is_empty());
        assert_eq!(dropped, 5);
    }

    #[test]
    fn a_cycle_is_not_followed() {
        let spans = vec![span(1, 7, "root"), span(2, 3, "a"), span(3, 2, "b")];
        let (selected, dropped) = select(spans, SpanId::from(1), PassbackRequest::Detailed);
        assert_eq!((selected.len(), dropped), (1, 2));
    }
}
