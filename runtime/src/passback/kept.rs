//! The finished spans of a request, and which of them makes room first.

use std::collections::BinaryHeap;
use std::time::SystemTime;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

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
    spans: Vec<Option<Entry>>,
    /// Where there is none any more.
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

#[derive(Debug)]
struct Entry {
    span: Finished,
    depth: u32,
    is_ordinary: bool,
    number: usize,
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

impl Entry {
    fn rank(&self) -> Rank {
        Rank {
            is_ordinary: self.is_ordinary,
            depth: self.depth,
            start: self.span.start_time,
            number: self.number,
        }
    }
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
        let entry = Entry {
            span,
            depth,
            is_ordinary: !is_failed && depth > 0,
            number: self.inserted,
            least_bytes,
        };
        self.inserted += 1;
        self.bytes += least_bytes;
        let rank = entry.rank();
        let slot = self.free.pop().unwrap_or(self.spans.len());
        if let Some(free) = self.spans.get_mut(slot) {
            *free = Some(entry);
        } else {
            self.reserve();
            self.spans.push(Some(entry));
        }
        if let Some(order) = &mut self.order {
            order.push((rank, slot));
        }
        if let Some(slots) = &mut self.slots {
            slots.insert(id, slot);
        }
    }

    /// Makes room for one more: half as many again. Twice as many would be a
    /// lot of memory for nothing in a request of six spans.
    fn reserve(&mut self) {
        let count = self.spans.len();
        if count == self.spans.capacity() {
            self.spans.reserve_exact((count / 2).max(FIRST_CAPACITY));
        }
    }

    /// Where a span stands that is kept.
    pub(super) fn place(&mut self, span: SpanId) -> Option<Place> {
        let (_, entry) = self.find(span)?;
        Some(Place {
            depth: entry.depth,
            fate: Fate::Publish,
            parent: entry.span.parent,
        })
    }

    /// Lets a span go last, because one below it has failed. Gives its parent
    /// if that has changed something.
    pub(super) fn promote(&mut self, span: SpanId) -> Option<SpanId> {
        let (slot, entry) = self.find(span).filter(|(_, entry)| entry.is_ordinary)?;
        entry.is_ordinary = false;
        let (rank, parent) = (entry.rank(), entry.span.parent);
        if let Some(order) = &mut self.order {
            order.push((rank, slot));
        }
        Some(parent)
    }

    /// Drops the span that goes first; `false` if there is none.
    pub(super) fn make_room(&mut self) -> bool {
        let spans = &mut self.spans;
        let order = self.order.get_or_insert_with(|| {
            let ranks = (0..).zip(&*spans);
            let ranks = ranks.filter_map(|(slot, entry)| Some((entry.as_ref()?.rank(), slot)));
            ranks.collect()
        });
        while let Some((rank, slot)) = order.pop() {
            let is_first = |entry: &mut Entry| entry.rank() == rank;
            let taken = spans
                .get_mut(slot)
                .and_then(|entry| entry.take_if(is_first));
            if let Some(entry) = taken {
                self.free.push(slot);
                self.bytes -= entry.least_bytes;
                if let Some(slots) = &mut self.slots {
                    slots.remove(&entry.span.span_context.span_id());
                }
                return true;
            }
        }
        false
    }

    /// The spans as the SDK has them. `own` is the scope of Glassbox.
    pub(super) fn into_spans(self, own: &InstrumentationScope) -> Vec<SpanData> {
        let entries = self.spans.into_iter().flatten();
        entries
            .map(|entry| entry.span.into_span_data(own))
            .collect()
    }

    fn find(&mut self, span: SpanId) -> Option<(usize, &mut Entry)> {
        let spans = &mut self.spans;
        let slots = self.slots.get_or_insert_with(|| {
            let slots = (0..).zip(&*spans);
            let id = |entry: &Entry| entry.span.span_context.span_id();
            let slots = slots.filter_map(|(slot, entry)| Some((id(entry.as_ref()?), slot)));
            slots.collect()
        });
        let slot = *slots.get(&span)?;
        Some((slot, spans.get_mut(slot)?.as_mut()?))
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
        let entries = kept.spans.iter().flatten();
        let mut ids: Vec<_> = entries
            .map(|entry| u64::from_be_bytes(entry.span.span_context.span_id().to_bytes()))
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
        }
    }
}
