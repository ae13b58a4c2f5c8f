//! The finished spans of a request, and which of them makes room first.

use std::collections::BinaryHeap;
use std::time::SystemTime;

use opentelemetry::trace::SpanId;

use super::finished::Finished;
use super::ids::SpanIdMap;
use super::place::Place;
use super::policy::Fate;

/// Spans for which there is room once there is one (ours).
const FIRST_CAPACITY: usize = 4;

/// Finished spans. Most requests keep all of theirs, and nobody asks where one
/// of them stands: what is only needed for that is made when it is.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// In the order they ended, as long as none made room.
    spans: Vec<Finished>,
    /// Of each span; none if it is gone, and another can stand there.
    standings: Vec<Option<Standing>>,
    free: Vec<usize>,
    /// The span that goes first is the greatest. A rank that its span has no
    /// longer may stand here as well.
    order: Option<BinaryHeap<(Rank, usize)>>,
    /// Where a span stands in `spans`.
    slots: Option<SpanIdMap<usize>>,
    /// At most what the spans take in the answer.
    bytes: usize,
    /// Spans that were ever inserted.
    inserted: usize,
}

/// What decides when a span goes.
#[derive(Clone, Copy, Debug)]
struct Standing {
    rank: Rank,
    least_bytes: usize,
}

/// In which order spans make room: the greatest goes first. Failed spans,
/// their ancestors and the root go last; of all others the deepest first, and
/// of one depth the youngest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_ordinary: bool,
    depth: u32,
    start: SystemTime,
    /// Tells spans apart that started at the same time.
    number: usize,
}

impl Kept {
    pub(super) fn len(&self) -> usize {
        self.spans.len() - self.free.len()
    }

    /// Bytes of OTLP JSON that the spans take at least.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps a span that takes `least_bytes` bytes in the answer, or more.
    pub(super) fn insert(
        &mut self,
        span: Finished,
        depth: u32,
        is_failed: bool,
        least_bytes: usize,
    ) {
        let id = span.span_context.span_id();
        let rank = Rank {
            is_ordinary: !is_failed && depth > 0,
            depth,
            start: span.start_time,
            number: self.inserted,
        };
        let standing = Some(Standing { rank, least_bytes });
        self.inserted += 1;
        self.bytes += least_bytes;
        let slot = self.free.pop().unwrap_or(self.spans.len());
        if let (Some(known), Some(free)) = (self.standings.get_mut(slot), self.spans.get_mut(slot))
        {
            (*known, *free) = (standing, span);
        } else {
            reserve_for_one(&mut self.spans);
            reserve_for_one(&mut self.standings);
            self.spans.push(span);
            self.standings.push(standing);
        }
        if let Some(order) = &mut self.order {
            order.push((rank, slot));
        }
        if let Some(slots) = &mut self.slots {
            slots.insert(id, slot);
        }
    }

    /// Where a span stands that is kept.
    pub(super) fn place(&mut self, span: SpanId) -> Option<Place> {
        let (_, standing, span) = self.find(span)?;
        Some(Place {
            depth: standing.rank.depth,
            fate: Fate::Publish,
            parent: span.parent_span_id,
        })
    }

    /// Lets a span go last, because one below it has failed. Gives its parent
    /// if that has changed something.
    pub(super) fn promote(&mut self, span: SpanId) -> Option<SpanId> {
        let (slot, standing, span) = self.find(span)?;
        if !standing.rank.is_ordinary {
            return None;
        }
        standing.rank.is_ordinary = false;
        let (rank, parent) = (standing.rank, span.parent_span_id);
        if let Some(order) = &mut self.order {
            order.push((rank, slot));
        }
        Some(parent)
    }

    /// Drops the span that goes first; `false` if there is none.
    pub(super) fn make_room(&mut self) -> bool {
        let standings = &mut self.standings;
        let order = self.order.get_or_insert_with(|| {
            let standings = standings.iter().zip(0..);
            let ranks =
                standings.filter_map(|(standing, slot)| Some((standing.as_ref()?.rank, slot)));
            ranks.collect()
        });
        while let Some((rank, slot)) = order.pop() {
            let is_first = |standing: &mut Standing| standing.rank == rank;
            let gone = standings
                .get_mut(slot)
                .and_then(|one| one.take_if(is_first));
            let (Some(gone), Some(span)) = (gone, self.spans.get_mut(slot)) else {
                continue;
            };
            self.free.push(slot);
            self.bytes -= gone.least_bytes;
            if let Some(slots) = &mut self.slots {
                slots.remove(&span.span_context.span_id());
            }
            span.clear();
            return true;
        }
        false
    }

    pub(super) fn into_spans(mut self) -> Vec<Finished> {
        if !self.free.is_empty() {
            let mut standings = self.standings.iter();
            self.spans
                .retain(|_| standings.next().is_some_and(Option::is_some));
        }
        self.spans
    }

    fn find(&mut self, span: SpanId) -> Option<(usize, &mut Standing, &Finished)> {
        let slots = self.slots.get_or_insert_with(|| {
            let spans = self.spans.iter().zip(&self.standings).zip(0..);
            let kept = spans.filter(|((_, standing), _)| standing.is_some());
            let slots = kept.map(|((span, _), slot)| (span.span_context.span_id(), slot));
            slots.collect()
        });
        let slot = *slots.get(&span)?;
        let standing = self.standings.get_mut(slot)?.as_mut()?;
        Some((slot, standing, self.spans.get(slot)?))
    }
}

/// Makes room for one more: half as many again. Twice as many would be a lot of
/// memory for nothing in a request of six spans.
fn reserve_for_one<T>(items: &mut Vec<T>) {
    let count = items.len();
    if count == items.capacity() {
        items.reserve_exact((count / 2).max(FIRST_CAPACITY));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::bucket::tests::span;
    use super::*;

    /// Ids of the spans that are kept.
    fn ids(kept: &Kept) -> Vec<u64> {
        let spans = kept.spans.iter().zip(&kept.standings);
        let mut ids: Vec<_> = spans
            .filter(|(_, standing)| standing.is_some())
            .map(|(span, _)| u64::from_be_bytes(span.span_context.span_id().to_bytes()))
            .collect();
        ids.sort_unstable();
        ids
    }

    fn insert(kept: &mut Kept, id: u64, depth: u32, is_failed: bool) {
        let span = Finished::from(span(id, 1, "work"));
        let bytes = span.least_bytes();
        kept.insert(span, depth, is_failed, bytes);
    }

    /// Which span has just made room.
    fn make_room(kept: &mut Kept) -> Option<u64> {
        let before = ids(kept);
        let made = kept.make_room();
        let after = ids(kept);
        let gone = before.into_iter().find(|id| !after.contains(id));
        assert_eq!(gone.is_some(), made);
        gone
    }

    #[test]
    fn what_goes_first_is_ordinary_deep_and_young() {
        for is_ordered_before in [false, true] {
            let mut kept = Kept::default();
            if is_ordered_before {
                assert!(!kept.make_room());
            }
            for (id, depth, is_failed) in [
                (1, 0, false),
                (2, 1, false),
                (3, 1, false),
                (4, 2, true),
                (5, 2, false),
                (6, 3, true),
            ] {
                insert(&mut kept, id, depth, is_failed);
            }
            assert_eq!(kept.promote(SpanId::from(3)), Some(SpanId::from(1)));
            assert_eq!(kept.promote(SpanId::from(3)), None);
            let order: Vec<_> = std::iter::from_fn(|| make_room(&mut kept)).collect();
            assert_eq!(order, [5, 2, 6, 4, 3, 1]);
            assert_eq!((kept.len(), kept.bytes()), (0, 0));
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u32, bool),
        Promote(prop::sample::Index),
        MakeRoom,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0_u32..4, prop::bool::weighted(0.2)).prop_map(|(depth, failed)| Step::Insert(depth, failed)),
            1 => any::<prop::sample::Index>().prop_map(Step::Promote),
            2 => Just(Step::MakeRoom),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_the_same_goes_first_as_in_a_sorted_list(
            steps in prop::collection::vec(step(), 0..60),
        ) {
            let mut kept = Kept::default();
            // By rank: the last goes first. Ids grow with start times.
            let mut sorted = BTreeMap::new();
            for (id, step) in (1_u64..).zip(steps) {
                match step {
                    Step::Insert(depth, is_failed) => {
                        insert(&mut kept, id, depth, is_failed);
                        sorted.insert((!is_failed && depth > 0, depth, id), id);
                    }
                    Step::Promote(which) => {
                        let which = 1 + u64::try_from(which.index(usize::try_from(id).unwrap())).unwrap();
                        let known = sorted.iter().find(|(_, id)| **id == which).map(|(rank, _)| *rank);
                        let promoted = kept.promote(SpanId::from(which));
                        prop_assert_eq!(promoted.is_some(), known.is_some_and(|rank| rank.0));
                        if let Some(rank) = known {
                            sorted.remove(&rank);
                            sorted.insert((false, rank.1, rank.2), which);
                        }
                    }
                    Step::MakeRoom => {
                        let expected = sorted.pop_last().map(|(_, id)| id);
                        prop_assert_eq!(make_room(&mut kept), expected);
                    }
                }
                prop_assert_eq!(kept.len(), sorted.len());
                for id in sorted.values() {
                    prop_assert!(kept.place(SpanId::from(*id)).is_some());
                }
            }
            prop_assert_eq!(kept.into_spans().len(), sorted.len());
        }
    }
}
