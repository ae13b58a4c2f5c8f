//! Two clocks that disagree. Shown, never corrected (SEP-2448 C09).

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};

use super::wording::{Counted, Name};
use crate::analysis::interval::Interval;
use crate::analysis::{Node, SpanTree};
use crate::render::duration_text;

/// A span that is out of place by less is no sign of another clock. Ours: a server may record its end a moment after the
/// caller has read the answer, and so little moves no bar.
const MIN_SKEW: Duration = Duration::from_millis(5);

/// Which way a server's clock is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum Skew {
    /// The server's clock shows a later time than its caller's.
    Ahead,
    /// The server's clock shows an earlier time than its caller's.
    Behind,
}

/// A server whose spans start before the call that they answer, or end after it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClockSkew {
    /// The server's service, as sent.
    pub service: Option<String>,
    /// Which way its clock is off.
    pub skew: Skew,
    /// About how much: where its span would lie in the middle of the call.
    pub about: Duration,
    /// The SERVER spans that are out of place below their callers' spans.
    pub evidence: Vec<SpanId>,
}

/// Looks for servers whose clock disagrees with their caller's; the one that is off most comes first.
pub(super) fn find(tree: &SpanTree) -> Vec<ClockSkew> {
    let mut index_of = HashMap::new();
    let mut found: Vec<ClockSkew> = Vec::new();
    for (_, server) in tree.walk() {
        let client = server.parent();
        let Some((client, (skew, about))) =
            client.and_then(|client| Some((client, skew(client, server)?)))
        else {
            continue;
        };
        let service = server.span().service();
        let key = (client.span().service(), service, skew);
        let index = *index_of.entry(key).or_insert(found.len());
        let id = server.span().id();
        match found.get_mut(index) {
            Some(known) => {
                known.about = known.about.max(about);
                known.evidence.push(id);
            }
            None => found.push(ClockSkew {
                service: service.map(ToOwned::to_owned),
                skew,
                about,
                evidence: vec![id],
            }),
        }
    }
    found.sort_by_key(|skew| std::cmp::Reverse(skew.about));
    found
}

/// How far a SERVER span is out of place, if by more than chance.
fn skew(client: Node<'_>, server: Node<'_>) -> Option<(Skew, Duration)> {
    let kinds = (client.span().kind(), server.span().kind());
    if kinds != (SpanKind::Client, SpanKind::Server) {
        return None;
    }
    let (outer, inner) = Interval::of(client.span()).zip(Interval::of(server.span()))?;
    let starts_before = Duration::from_nanos(outer.start.saturating_sub(inner.start));
    let ends_after = Duration::from_nanos(inner.end.saturating_sub(outer.end));
    // A server may go on after its caller has given up, or has read all it wanted; it cannot start before it is asked.
    let may_go_on = inner.duration() > outer.duration() && inner.start <= outer.end;
    let (skew, out_of_place) = match ends_after >= starts_before {
        true if may_go_on => return None,
        true => (Skew::Ahead, ends_after),
        false => (Skew::Behind, starts_before),
    };
    if out_of_place < MIN_SKEW {
        return None;
    }
    let middle = |interval: Interval| u128::from(interval.start) + u128::from(interval.end);
    let apart = middle(outer).abs_diff(middle(inner)) / 2;
    let about = Duration::from_nanos(u64::try_from(apart).unwrap_or(u64::MAX));
    Some((skew, about))
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.skew {
            Skew::Ahead => "ahead of",
            Skew::Behind => "behind",
        };
        f.write_str("By its spans, the server's clock is about ")?;
        write!(f, "{} {way} its caller's", duration_text(self.about))?;
        f.write_str(" (")?;
        if let Some(service) = &self.service {
            write!(f, "{}, ", Name(service))?;
        }
        write!(
            f,
            "in {}); times are shown as sent",
            Counted(self.evidence.len(), "call")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture::{CLIENT, INTERNAL, SERVER, payload};

    #[test]
    fn only_what_cannot_be_on_one_clock_is_skew() {
        let ahead = |millis| Some((Skew::Ahead, Duration::from_millis(millis)));
        let behind = |millis| Some((Skew::Behind, Duration::from_millis(millis)));
        for (what, (start, end), expected) in [
            ("within the call", (1000, 1100), None),
            ("a moment after it", (1010, 1104), None),
            ("after it", (1015, 1105), ahead(10)),
            ("a moment before it", (996, 1090), None),
            ("before it", (995, 1085), behind(10)),
            ("long after it", (4000, 4080), ahead(2990)),
            ("long before it", (0, 80), behind(1010)),
            ("goes on after the caller has left", (1010, 1900), None),
            (
                "longer, and starts before it was asked",
                (900, 1150),
                behind(25),
            ),
        ] {
            let spans = [
                (1, 0, CLIENT, "call", 1000, 1100, &[][..]),
                (2, 1, SERVER, "call", start, end, &[]),
                (3, 2, INTERNAL, "late work", 9000, 9001, &[]),
            ];
            let tree = SpanTree::from_otlp(&payload("s", &spans)).unwrap();
            let found = find(&tree);
            let found = found.first().map(|found| (found.skew, found.about));
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn one_clock_is_told_of_once() {
        let mut spans = vec![(1, 0, INTERNAL, "agent", 0, 9000, &[][..])];
        for id in 1..=3 {
            let start = id * 100;
            spans.push((id * 10, 1, CLIENT, "call", start, start + 90, &[]));
            spans.push((
                id * 10 + 1,
                id * 10,
                SERVER,
                "call",
                start + 500,
                start + 570 + id,
                &[],
            ));
        }
        let tree = SpanTree::from_otlp(&payload("shop", &spans)).unwrap();
        let found = find(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence, [11, 21, 31].map(SpanId::from));
        assert_eq!(
            found[0].to_string(),
            "By its spans, the server's clock is about 492 ms ahead of its caller's (shop, in 3 calls); \
             times are shown as sent"
        );
    }
}
