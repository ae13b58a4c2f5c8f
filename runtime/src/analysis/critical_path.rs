//! Where the time of a tree went: self time, and the chain of spans that decided when the root ended.

use std::cmp::Reverse;
use std::time::Duration;

use super::interval::{Interval, gaps, total};
use super::tree::{Node, SpanTree};

/// A stretch of the critical path: for so long, one span's own work decided when the root would end.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    node: Node<'a>,
    interval: Interval,
}

impl<'a> Segment<'a> {
    /// The span that the time is attributed to.
    #[must_use]
    pub fn node(&self) -> Node<'a> {
        self.node
    }

    /// The segment's start, within its span.
    #[must_use]
    pub fn start_unix_nano(&self) -> u64 {
        self.interval.start
    }

    /// The segment's end, after its start.
    #[must_use]
    pub fn end_unix_nano(&self) -> u64 {
        self.interval.end
    }

    /// How long the segment lasts; never zero.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.interval.duration()
    }
}

impl SpanTree {
    /// The critical path of the longest root; empty if no root has times.
    ///
    /// See [`Node::critical_path`].
    #[must_use]
    pub fn critical_path(&self) -> Vec<Segment<'_>> {
        self.longest_root()
            .map(Node::critical_path)
            .unwrap_or_default()
    }

    /// The root that took longest, the earliest of several; `None` if none has times.
    pub(super) fn longest_root(&self) -> Option<Node<'_>> {
        self.roots()
            .filter(|root| root.span().is_timed())
            .min_by_key(|root| Reverse(root.span().duration()))
    }
}

impl<'a> Node<'a> {
    /// How long the span ran while none of its children did; `None` if it has no times.
    ///
    /// Children count only while the span itself ran, and once where they overlap. A child without times, or one whose
    /// producer's clock puts it elsewhere, takes nothing away.
    #[must_use]
    pub fn self_time(self) -> Option<Duration> {
        let own = Interval::of(self.span())?;
        Some(total(&gaps(own, self.child_intervals())))
    }

    /// The chain of spans that determined when this one ended, in order of time; empty if it has no times.
    ///
    /// Walks back from the end: the child that finished last held the span up, then the child that finished last before
    /// that one began, and so on; what lies between is the span's own. Every moment of the span belongs to exactly one
    /// segment, so the segments' durations add up to the span's. Children are clipped to their parents: what ran on
    /// after its parent's end did not hold it up. Times are taken as sent: a child that another clock puts outside
    /// its parent is not on the path.
    #[must_use]
    pub fn critical_path(self) -> Vec<Segment<'a>> {
        let mut path = Vec::new();
        let mut stack: Vec<_> = Interval::of(self.span())
            .map(|own| Frame::new(self, own))
            .into_iter()
            .collect();
        // From the end to the start. A stack, not recursion: depth is the sender's choice.
        while let Some(frame) = stack.last_mut() {
            let child = frame.last_finished_child();
            let from = child
                .as_ref()
                .map_or(frame.window.start, |child| child.window.end);
            let own = Interval {
                start: from,
                end: frame.window.end,
            };
            if own.start < own.end {
                path.push(Segment {
                    node: frame.node,
                    interval: own,
                });
            }
            match child {
                Some(child) => {
                    frame.window.end = child.window.start;
                    stack.push(child);
                }
                None => {
                    stack.pop();
                }
            }
        }
        path.reverse();
        path
    }

    /// When the children ran, ordered by start.
    pub(super) fn child_intervals(self) -> impl Iterator<Item = Interval> + use<'a> {
        self.children()
            .filter_map(|child| Interval::of(child.span()))
    }
}

/// A span of the path, and what of it is still to be attributed.
struct Frame<'a> {
    node: Node<'a>,
    window: Interval,
    /// The children within the window, the last to finish at the end.
    children: Vec<(Interval, Node<'a>)>,
}

impl<'a> Frame<'a> {
    fn new(node: Node<'a>, window: Interval) -> Self {
        let mut children: Vec<_> = node
            .children()
            .filter_map(|child| Some((Interval::of(child.span())?.within(window)?, child)))
            .collect();
        // Of those that finish together, the one that ran longest was waited for.
        children.sort_by_key(|(interval, _)| (interval.end, Reverse(interval.start)));
        Self {
            node,
            window,
            children,
        }
    }

    /// The next child to attribute time to. One that is still running when the window ends held nothing up.
    fn last_finished_child(&mut self) -> Option<Self> {
        while let Some((interval, child)) = self.children.pop() {
            if interval.end <= self.window.end {
                return Some(Self::new(child, interval));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::fixture::{
        INTERNAL, Row, arbitrary_tree, gmail_client, gmail_detailed, payload,
    };

    fn tree(spans: &[Row<'_>]) -> SpanTree {
        SpanTree::from_otlp(&payload("s", spans)).unwrap()
    }

    fn span(id: u64, parent: u64, name: &str, start: u64, end: u64) -> Row<'_> {
        (id, parent, INTERNAL, name, start, end, &[])
    }

    fn path(tree: &SpanTree) -> String {
        tree.critical_path()
            .iter()
            .map(|segment| {
                let name = segment.node().span().name();
                format!("{name} {}\n", segment.duration().as_millis())
            })
            .collect()
    }

    #[test]
    fn the_path_of_the_gmail_example_goes_through_every_call() {
        let tree = SpanTree::from_payloads([&gmail_client(), &gmail_detailed()]).unwrap();
        assert_eq!(
            path(&tree),
            "tools/call list_emails 2
tools/call list_emails 1
auth.validate 50
gmail.list_messages 1
GET /gmail/v1/users/me/messages 400
gmail.list_messages 1
gmail.fetch_details 1
GET /gmail/v1/users/me/messages/{id} 520
gmail.fetch_details 1
GET /gmail/v1/users/me/messages/{id} 510
gmail.fetch_details 1
GET /gmail/v1/users/me/messages/{id} 530
gmail.fetch_details 32
format_response 5
tools/call list_emails 5
"
        );
    }

    #[test]
    fn of_parallel_spans_only_the_last_to_finish_is_on_the_path() {
        let tree = tree(&[
            span(1, 0, "root", 0, 100),
            span(2, 1, "first", 0, 30),
            span(3, 1, "quick", 30, 60),
            span(4, 1, "slow", 30, 90),
            span(5, 1, "outlives the root", 95, 200),
        ]);
        assert_eq!(
            path(&tree),
            "first 30\nslow 60\nroot 5\noutlives the root 5\n"
        );
    }

    #[test]
    fn self_time_leaves_out_children_once_and_only_within_the_span() {
        let tree = tree(&[
            span(1, 0, "root", 100, 200),
            span(2, 1, "before", 0, 110),
            span(3, 1, "one", 120, 150),
            span(4, 1, "two", 130, 160),
            span(5, 1, "after", 190, 300),
            span(6, 1, "elsewhere", 500, 600),
            span(7, 1, "backwards", 180, 170),
        ]);
        let self_times: Vec<_> = tree.walk().map(|(_, node)| node.self_time()).collect();
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!(self_times[0], millis(40));
        assert_eq!(self_times[1], millis(110));
        assert_eq!(self_times.iter().filter(|time| time.is_none()).count(), 1);
    }

    #[test]
    fn chains_and_stars_as_large_as_the_bound_are_walked() {
        let most = crate::analysis::MAX_SPANS as u64;
        let chain: Vec<_> = (1..=most)
            .map(|id| span(id, id - 1, "link", id, 3 * most - id))
            .collect();
        let star: Vec<_> = (1..=most)
            .map(|id| span(id, id.min(2) - 1, "ray", id / 2, most + id % 7))
            .collect();
        for spans in [chain, star] {
            let tree = tree(&spans);
            let path = tree.critical_path();
            let sum: Duration = path.iter().map(Segment::duration).sum();
            assert_eq!(Some(sum), tree.longest_root().unwrap().span().duration());
            assert!(
                tree.walk()
                    .all(|(_, node)| node.self_time() <= node.span().duration())
            );
        }
    }

    proptest! {
        #[test]
        fn the_path_adds_up_to_the_root_whatever_the_spans(spans in arbitrary_tree()) {
            let tree = SpanTree::from_otlp(&spans).unwrap();
            for (_, node) in tree.walk() {
                let path = node.critical_path();
                let sum = path.iter().map(Segment::duration).fold(Duration::ZERO, Duration::saturating_add);
                prop_assert_eq!(sum, node.span().duration().unwrap_or_default());
                // In order, without a hole, and each within its own span and no longer than that span's self time.
                for pair in path.windows(2) {
                    prop_assert_eq!(pair[0].end_unix_nano(), pair[1].start_unix_nano());
                }
                for segment in &path {
                    prop_assert!(segment.start_unix_nano() >= segment.node().span().start_unix_nano());
                    prop_assert!(segment.end_unix_nano() <= segment.node().span().end_unix_nano());
                }
                prop_assert!(node.self_time() <= node.span().duration());
            }
        }
    }
}
