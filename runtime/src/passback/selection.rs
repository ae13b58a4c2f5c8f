//! The spans a request asked for, as a connected tree.

use opentelemetry::trace::SpanId;

use super::finished::Finished;
use super::ids::SpanIdMap;
use super::request::PassbackRequest;

/// One span of the answer and its place in the tree.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) span: Finished,
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
    mut spans: Vec<Finished>,
    root: SpanId,
    request: PassbackRequest,
) -> (Vec<Selected>, usize) {
    let max_depth = match request {
        PassbackRequest::Off => return (Vec::new(), 0),
        PassbackRequest::TopLevel => 1,
        PassbackRequest::Detailed => usize::MAX,
    };
    let total = spans.len();
    spans.sort_by_key(|span| span.start_time);
    let mut waiting: Vec<_> = spans.into_iter().map(Some).collect();
    let mut children = Children::of(&waiting, root);
    let mut selected: Vec<Selected> = Vec::with_capacity(total);
    let mut take = |slot: usize, depth, parent, selected: &mut Vec<Selected>| {
        let span = waiting.get_mut(slot).and_then(Option::take);
        selected.extend(span.map(|span| Selected {
            span,
            depth,
            parent,
        }));
    };
    if let Some(root) = children.root {
        take(root, 0, None, &mut selected);
    }
    let mut next = 0;
    while let Some(above) = selected.get(next) {
        let (id, depth) = (above.span.span_context.span_id(), above.depth);
        if depth >= max_depth {
            break;
        }
        let mut child = children.first.remove(&id);
        while let Some(slot) = child {
            take(slot, depth + 1, Some(next), &mut selected);
            child = children.next.get(slot).copied().flatten();
        }
        next += 1;
    }
    let disconnected = match request {
        PassbackRequest::Detailed => total - selected.len(),
        PassbackRequest::Off | PassbackRequest::TopLevel => 0,
    };
    (selected, disconnected)
}

/// Who hangs below whom, as indices into a list of spans.
struct Children {
    root: Option<usize>,
    /// The first child of a span.
    first: SpanIdMap<usize>,
    /// The next child of the same span.
    next: Vec<Option<usize>>,
}

impl Children {
    /// In the order of the list.
    fn of(spans: &[Option<Finished>], root: SpanId) -> Self {
        let mut children = Self {
            root: None,
            first: SpanIdMap::default(),
            next: vec![None; spans.len()],
        };
        for (slot, span) in spans.iter().enumerate().rev() {
            let Some(span) = span else { continue };
            if span.span_context.span_id() == root {
                children.root = Some(slot);
                continue;
            }
            let next = children.first.insert(span.parent_span_id, slot);
            if let Some(entry) = children.next.get_mut(slot) {
                *entry = next;
            }
        }
        children
    }
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

    fn tree() -> Vec<Finished> {
        // Children end, and so are collected, before their parents.
        let spans = [
            span(5, 3, "GET"),
            span(4, 3, "GET"),
            span(3, 1, "fetch"),
            span(2, 1, "auth"),
            span(1, 77, "root"),
        ];
        spans.map(Finished::from).into()
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
        let spans = [span(1, 7, "root"), span(2, 3, "a"), span(3, 2, "b")];
        let spans = spans.map(Finished::from).into();
        let (selected, dropped) = select(spans, SpanId::from(1), PassbackRequest::Detailed);
        assert_eq!((selected.len(), dropped), (1, 2));
    }
}
