//! The spans a request asked for, as a connected tree.

use opentelemetry::trace::SpanId;

use super::finished::Finished;
use super::request::PassbackRequest;

/// One span of the answer and its place in the tree.
#[derive(Debug)]
pub(super) struct Selected<'a> {
    pub(super) span: &'a Finished,
    /// Distance from the root.
    pub(super) depth: usize,
    /// Index of the parent in the same list; the root has none.
    pub(super) parent: Option<usize>,
}

/// A span that is not selected yet.
struct Waiting<'a> {
    parent: u64,
    /// Nothing once it is selected: no span is selected twice, whatever its id.
    span: Option<&'a Finished>,
}

impl Waiting<'_> {
    fn id(&self) -> Option<SpanId> {
        Some(self.span?.id)
    }
}

/// The root and what hangs below it, as far as `request` reaches (S08):
/// breadth first, siblings by start time. The second value counts spans that
/// were asked for but are not connected to the root: a tree without its root
/// is not sent at all.
pub(super) fn select(
    spans: &[Finished],
    root: SpanId,
    request: PassbackRequest,
) -> (Vec<Selected<'_>>, usize) {
    let max_depth = match request {
        PassbackRequest::Off => return (Vec::new(), 0),
        PassbackRequest::TopLevel => 1,
        PassbackRequest::Detailed => usize::MAX,
    };
    let mut waiting = by_parent(spans);
    let mut selected = Vec::with_capacity(spans.len());
    let is_root = |one: &&mut Waiting<'_>| one.id() == Some(root);
    let root = waiting.iter_mut().filter(is_root);
    let root = root.min_by_key(|one| one.span.map(|span| span.start_time));
    selected.extend(root.and_then(|one| one.span.take()).map(|span| Selected {
        span,
        depth: 0,
        parent: None,
    }));
    let mut next = 0;
    while let Some(above) = selected.get(next)
        && above.depth < max_depth
    {
        let (id, depth) = (number(above.span.id), above.depth + 1);
        let first = waiting.partition_point(|one| one.parent < id);
        let children = waiting.iter_mut().skip(first);
        for child in children.take_while(|one| one.parent == id) {
            selected.extend(child.span.take().map(|span| Selected {
                span,
                depth,
                parent: Some(next),
            }));
        }
        next += 1;
    }
    let disconnected = match request {
        PassbackRequest::Detailed => spans.len() - selected.len(),
        PassbackRequest::Off | PassbackRequest::TopLevel => 0,
    };
    (selected, disconnected)
}

/// The spans with one parent next to each other, and by start time.
fn by_parent(spans: &[Finished]) -> Vec<Waiting<'_>> {
    let mut waiting: Vec<_> = spans
        .iter()
        .map(|span| Waiting {
            parent: number(span.place.parent),
            span: Some(span),
        })
        .collect();
    waiting.sort_by_key(|one| (one.parent, one.span.map(|span| span.start_time)));
    waiting
}

fn number(id: SpanId) -> u64 {
    u64::from_be_bytes(id.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::bucket::tests::span;
    use super::*;

    fn names(selected: &[Selected<'_>]) -> Vec<(String, usize, Option<usize>)> {
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
        let tree = tree();
        let (selected, dropped) = select(&tree, SpanId::from(1), PassbackRequest::TopLevel);
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
        let tree = tree();
        let (selected, dropped) = select(&tree, SpanId::from(1), PassbackRequest::Detailed);
        assert_eq!(selected.len(), 5);
        assert_eq!(
            names(&selected)[3..],
            [("GET".into(), 2, Some(2)), ("GET".into(), 2, Some(2))]
        );
        assert_eq!(dropped, 0);
    }

    #[test]
    fn without_a_root_nothing_is_sent() {
        let tree = tree();
        let (selected, dropped) = select(&tree, SpanId::from(9), PassbackRequest::Detailed);
        assert!(selected.is_empty());
        assert_eq!(dropped, 5);
    }

    #[test]
    fn a_cycle_is_not_followed() {
        let spans = [span(1, 7, "root"), span(2, 3, "a"), span(3, 2, "b")];
        let spans = spans.map(Finished::from);
        let (selected, dropped) = select(&spans, SpanId::from(1), PassbackRequest::Detailed);
        assert_eq!((selected.len(), dropped), (1, 2));
    }

    #[test]
    fn spans_of_one_id_are_selected_once() {
        // Not with random ids; an author's own generator may make them.
        let mut late = span(1, 3, "the root's id");
        late.start_time = late.end_time;
        let spans = [
            late,
            span(1, 7, "root"),
            span(2, 1, "a"),
            span(2, 2, "its own parent"),
            span(3, 2, "b"),
        ];
        let spans = spans.map(Finished::from);
        let (selected, dropped) = select(&spans, SpanId::from(1), PassbackRequest::Detailed);
        assert_eq!(names(&selected)[0].0, "root");
        assert_eq!((selected.len(), dropped), (5, 0));
    }
}
