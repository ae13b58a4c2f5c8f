//! Time that no span covers.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};

use super::survey::Survey;
use super::wording::{CallName, Counted, Name};
use super::{MIN_UNCOVERED, UNCOVERED_SHARE};
use crate::analysis::Node;
use crate::analysis::interval::{Interval, gaps, total};
use crate::render::duration_text;

/// Stretches shorter than one part in this many of the longest are not counted. Ours: between any two spans something
/// passes, and a sentence that counts it points nowhere.
const PLACE_SHARE: u32 = 10;

/// Time of a span with children in which none of them runs, and which the call waited for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UncoveredTime {
    /// The span's name, as sent.
    pub name: String,
    /// How much of it no span covers.
    pub cost: Duration,
    /// What the whole call took.
    pub call: Duration,
    /// How many stretches that is.
    pub places: usize,
    /// How long the longest of them is.
    pub longest: Duration,
    /// The name of the child before the longest, as sent; `None` if no child ran before it.
    pub after: Option<String>,
    /// The name of the child after the longest, as sent; `None` if no child ran after it.
    pub before: Option<String>,
    /// The span, then the children around the longest stretch.
    pub evidence: Vec<SpanId>,
}

/// Looks for spans a good part of whose time is on the critical path without a child. `hulls` are stretches of a span,
/// by its index, whose pauses belong to another finding.
pub(super) fn find(
    survey: &Survey<'_>,
    hulls: &HashMap<usize, Vec<Interval>>,
) -> Vec<UncoveredTime> {
    let mut waited_for: HashMap<usize, (Node<'_>, Vec<Interval>)> = HashMap::new();
    // A span that another clock puts outside its parent is on no path from above: it starts one of its own.
    let starts = survey
        .tree()
        .walk()
        .map(|(_, node)| node)
        .filter(|&node| !node.parent().is_some_and(|parent| overlaps(parent, node)));
    for segment in starts.flat_map(Node::critical_path) {
        let (_, segments) = waited_for
            .entry(segment.node().index())
            .or_insert_with(|| (segment.node(), Vec::new()));
        segments.push(Interval {
            start: segment.start_unix_nano(),
            end: segment.end_unix_nano(),
        });
    }
    let found = waited_for.values().filter_map(|(node, segments)| {
        let hulls = hulls.get(&node.index()).map_or(&[][..], Vec::as_slice);
        describe(survey, *node, segments, hulls)
    });
    found.collect()
}

fn overlaps(parent: Node<'_>, node: Node<'_>) -> bool {
    let times = Interval::of(parent.span()).zip(Interval::of(node.span()));
    times.is_some_and(|(parent, own)| own.within(parent).is_some())
}

fn describe(
    survey: &Survey<'_>,
    node: Node<'_>,
    segments: &[Interval],
    hulls: &[Interval],
) -> Option<UncoveredTime> {
    let own = Interval::of(node.span())?;
    // What children do elsewhere or at unknown times may well be what happened here.
    if node.is_leaf() || is_remote(node) || !node.children().all(|child| overlaps(node, child)) {
        return None;
    }
    let mut covered: Vec<_> = node
        .child_intervals()
        .chain(hulls.iter().copied())
        .collect();
    covered.sort_by_key(|interval| interval.start);
    let mut places = common(&gaps(own, covered), segments);
    let longest = *places.iter().max_by_key(|place| place.duration())?;
    places.retain(|place| place.duration() >= longest.duration() / PLACE_SHARE);
    let call = survey.call(node);
    let cost = total(&places).min(call);
    if cost < MIN_UNCOVERED || cost < call / UNCOVERED_SHARE {
        return None;
    }
    let end = |child: &Node<'_>| child.span().end_unix_nano();
    let after = node
        .children()
        .filter(|child| end(child) <= longest.start)
        .max_by_key(end);
    let before = node
        .children()
        .find(|child| child.span().start_unix_nano() >= longest.end);
    let name = |child: Node<'_>| child.span().name().to_owned();
    let evidence = [Some(node), after, before];
    Some(UncoveredTime {
        name: name(node),
        cost,
        call,
        places: places.len(),
        longest: longest.duration(),
        after: after.map(name),
        before: before.map(name),
        evidence: evidence
            .iter()
            .flatten()
            .map(|node| node.span().id())
            .collect(),
    })
}

/// Whether what happens below a span happens elsewhere, so that time passes on the way.
fn is_remote(node: Node<'_>) -> bool {
    match node.span().kind() {
        SpanKind::Producer => true,
        SpanKind::Client => node
            .children()
            .any(|child| child.span().kind() == SpanKind::Server),
        _ => false,
    }
}

/// What is in both lists, each of which is ordered and without overlaps.
fn common(one: &[Interval], other: &[Interval]) -> Vec<Interval> {
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    let mut found = Vec::new();
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        found.extend(first.within(**second));
        if first.end <= second.end {
            left.next();
        } else {
            right.next();
        }
    }
    found
}

impl fmt::Display for UncoveredTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} pass in {} with no span to say what for, ",
            duration_text(self.cost),
            duration_text(self.call),
            Name(&self.name),
        )?;
        if self.places > 1 {
            let longest = duration_text(self.longest);
            write!(
                f,
                "in {}, the longest of {longest} ",
                Counted(self.places, "place")
            )?;
        }
        match (&self.after, &self.before) {
            (Some(after), Some(before)) => {
                write!(f, "between {} and {}", CallName(after), CallName(before))
            }
            (Some(after), None) => write!(f, "after {}", CallName(after)),
            (None, Some(before)) => write!(f, "before {}", CallName(before)),
            (None, None) => f.write_str("beside its children"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::fixture::{CLIENT, INTERNAL, Row, SERVER, sentences};

    fn span(id: u64, parent: u64, start: u64, end: u64) -> Row<'static> {
        let names = ["", "root", "a", "b", "c", "d"];
        let name = names[usize::try_from(id).unwrap()];
        (id, parent, INTERNAL, name, start, end, &[])
    }

    #[test]
    fn a_gap_is_told_of_from_a_fifth_of_the_call() {
        for (end, found) in [(801, 0), (800, 1), (799, 1)] {
            let spans = [span(1, 0, 0, 1000), span(2, 1, 0, end)];
            assert_eq!(sentences(&spans).len(), found, "{end}");
        }
        // And from 20 ms.
        assert_eq!(sentences(&[span(1, 0, 0, 40), span(2, 1, 0, 21)]).len(), 0);
        assert_eq!(sentences(&[span(1, 0, 0, 40), span(2, 1, 0, 20)]).len(), 1);
    }

    #[test]
    fn says_where_the_gap_is() {
        for (children, place) in [
            (
                &[(0, 500)][..],
                "500 ms of 1.00 s pass in root with no span to say what for, after `a`",
            ),
            (
                &[(500, 1000)],
                "500 ms of 1.00 s pass in root with no span to say what for, before `a`",
            ),
            (
                &[(0, 200), (100, 300), (800, 1000)],
                "500 ms of 1.00 s pass in root with no span to say what for, between `b` and `c`",
            ),
            (
                &[(200, 400), (600, 700), (930, 990)],
                "630 ms of 1.00 s pass in root with no span to say what for, in 3 places, the longest of 230 ms \
                 between `b` and `c`",
            ),
        ] {
            let mut spans = vec![span(1, 0, 0, 1000)];
            spans.extend(
                children
                    .iter()
                    .zip(2..)
                    .map(|(&(start, end), id)| span(id, 1, start, end)),
            );
            assert_eq!(sentences(&spans), [place]);
        }
    }

    #[test]
    fn nothing_is_said_where_spans_may_be_missing_or_misplaced() {
        let elsewhere = [
            span(1, 0, 0, 1000),
            span(2, 1, 0, 100),
            span(3, 1, 5000, 5900),
        ];
        assert_eq!(sentences(&elsewhere), Vec::<String>::new());
        let untimed = [
            span(1, 0, 0, 1000),
            span(2, 1, 0, 100),
            span(3, 1, 900, 800),
        ];
        assert_eq!(sentences(&untimed), Vec::<String>::new());
        assert_eq!(sentences(&[span(1, 0, 0, 1000)]), Vec::<String>::new());
    }

    #[test]
    fn a_gap_that_nobody_waited_for_is_none() {
        let spans = [
            span(1, 0, 0, 1000),
            span(2, 1, 0, 1000),
            span(3, 1, 0, 900),
            span(4, 3, 0, 100),
        ];
        assert_eq!(sentences(&spans), Vec::<String>::new());
    }

    #[test]
    fn pauses_between_repeated_calls_are_no_gap_of_their_own() {
        let call = |id: u64| (id, 1, CLIENT, "GET", id * 100, id * 100 + 60, &[][..]);
        let mut spans = vec![(1, 0, SERVER, "root", 200, 1200, &[][..])];
        spans.extend((2..12).map(call));
        let found = sentences(&spans);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("N+1"), "{found:?}");
    }
}
