//! What every finding needs to know of the spans around one, found out once for the whole tree.

use std::collections::HashMap;
use std::time::Duration;

use crate::analysis::interval::Interval;
use crate::analysis::{Node, SpanTree};

/// Two calls count as one after the other while they overlap by less than this part of the shorter one. Ours: room for
/// clock granularity, and for a span that ends a moment after the next began.
const OVERLAP_TOLERANCE: u64 = 10;

/// Facts about every span of a tree.
pub(super) struct Survey<'a> {
    tree: &'a SpanTree,
    places: Vec<Place>,
    /// When the call of each root ran, by the root's index.
    calls: HashMap<usize, Interval>,
}

#[derive(Clone, Copy, Default)]
struct Place {
    /// The root above.
    root: usize,
    /// The span itself has times, or one above it has.
    timed: bool,
    /// A sibling ran at the same time.
    beside_sibling: bool,
    /// The same holds for no span above either: if this span were shorter, the call would be.
    decides: bool,
}

impl<'a> Survey<'a> {
    pub(super) fn of(tree: &'a SpanTree) -> Self {
        let mut places = vec![Place::default(); tree.len()];
        let mut calls = HashMap::new();
        for (_, node) in tree.walk() {
            let above = node.parent();
            let above = above.and_then(|parent| places.get(parent.index()).copied());
            let root = above.map_or(node.index(), |above| above.root);
            let timed_above = above.is_some_and(|above| above.timed);
            if let Some(own) = Interval::of(node.span()).filter(|_| !timed_above) {
                // The root itself, or, where it has no times, all that stands below it.
                let call = calls.entry(root).or_insert(own);
                call.start = call.start.min(own.start);
                call.end = call.end.max(own.end);
            }
            if let Some(place) = places.get_mut(node.index()) {
                place.root = root;
                place.timed = timed_above || node.span().is_timed();
                place.decides = !place.beside_sibling && above.is_none_or(|above| above.decides);
            }
            for child in beside(node) {
                if let Some(place) = places.get_mut(child) {
                    place.beside_sibling = true;
                }
            }
        }
        Self {
            tree,
            places,
            calls,
        }
    }

    pub(super) fn tree(&self) -> &'a SpanTree {
        self.tree
    }

    /// The index of the root above a span.
    pub(super) fn root(&self, node: Node<'_>) -> usize {
        self.place(node).root
    }

    /// How long the whole call took that a span belongs to: its root, or what is below if the root has no times. Zero if
    /// nothing has any.
    pub(super) fn call(&self, node: Node<'_>) -> Duration {
        let call = self.calls.get(&self.root(node)).copied();
        call.map(Interval::duration).unwrap_or_default()
    }

    /// Whether nothing ran beside the span, or beside any span above it: only then does a shorter span make a shorter
    /// call.
    pub(super) fn decides(&self, node: Node<'_>) -> bool {
        self.place(node).decides
    }

    fn place(&self, node: Node<'_>) -> Place {
        self.places.get(node.index()).copied().unwrap_or_default()
    }
}

/// Whether the second interval, which starts later, begins when the first has ended.
pub(super) fn follows(before: Interval, after: Interval) -> bool {
    let length = |interval: Interval| interval.end.saturating_sub(interval.start);
    let shorter = length(before).min(length(after));
    before.end.saturating_sub(after.start) <= shorter / OVERLAP_TOLERANCE
}

/// The children of a span that run at the same time as another one. One sweep: whatever overlaps a span overlaps the
/// one before it that ends last.
fn beside(parent: Node<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut last_to_end: Option<(Interval, usize)> = None;
    for child in parent.children() {
        let Some(own) = Interval::of(child.span()).filter(|own| own.start < own.end) else {
            continue;
        };
        if let Some((other, index)) = last_to_end.filter(|(other, _)| !follows(*other, own)) {
            found.extend([index, child.index()]);
            if other.end >= own.end {
                continue;
            }
        }
        last_to_end = Some((own, child.index()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture::{INTERNAL, payload};

    #[test]
    fn a_span_decides_if_nothing_runs_beside_it_or_above() {
        let json = payload(
            "s",
            &[
                (1, 0, INTERNAL, "root", 0, 100, &[]),
                (2, 1, INTERNAL, "alone", 0, 20, &[]),
                (3, 1, INTERNAL, "one", 20, 60, &[]),
                (4, 3, INTERNAL, "alone below", 20, 60, &[]),
                (5, 1, INTERNAL, "two", 30, 40, &[]),
                (6, 1, INTERNAL, "three", 41, 70, &[]),
                (7, 1, INTERNAL, "after", 70, 80, &[]),
                (8, 1, INTERNAL, "a moment", 75, 75, &[]),
            ],
        );
        let tree = SpanTree::from_otlp(&json).unwrap();
        let survey = Survey::of(&tree);
        let decides: Vec<_> = tree
            .walk()
            .filter(|&(_, node)| survey.decides(node))
            .map(|(_, node)| node.span().name())
            .collect();
        assert_eq!(decides, ["root", "alone", "after", "a moment"]);
        assert!(
            tree.walk()
                .all(|(_, node)| survey.call(node) == Duration::from_millis(100))
        );
    }

    #[test]
    fn a_call_without_times_took_as_long_as_what_is_below() {
        let json = payload(
            "s",
            &[
                (1, 0, INTERNAL, "root", 9, 0, &[]),
                (2, 1, INTERNAL, "one", 100, 200, &[]),
                (3, 2, INTERNAL, "longer than its parent", 100, 900, &[]),
                (4, 1, INTERNAL, "two", 150, 400, &[]),
            ],
        );
        let tree = SpanTree::from_otlp(&json).unwrap();
        let survey = Survey::of(&tree);
        assert!(
            tree.walk()
                .all(|(_, node)| survey.call(node) == Duration::from_millis(300))
        );
    }
}
