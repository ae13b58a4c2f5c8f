//! The spans of a request, from their start on, and which of them makes room
//! first.

use std::collections::BinaryHeap;

use opentelemetry::trace::SpanId;

use super::counts::count;
use super::finished::Finished;
use super::ids::SpanIdMap;
use super::place::Place;
use super::policy::Fate;

/// Up to so many spans one is looked for by looking at them all (ours).
const MAX_SCANNED: usize = 32;

/// The open and the finished spans of a request. Each has a slot from its start
/// on, in which it is found without a search, and where it is when it leaves.
#[derive(Debug, Default)]
pub(super) struct Slots {
    spans: Vec<Finished>,
    free: Vec<usize>,
    /// Spans for which there is room once there is one.
    expected: usize,
    /// Where a span is, once there are too many to look at them all.
    indices: Option<SpanIdMap<usize>>,
    /// Where the span was that was looked for last: siblings have one parent.
    last_found: usize,
    open: usize,
    kept: usize,
    /// Bytes of OTLP JSON that the kept spans take at least.
    bytes: usize,
    /// Spans that ever started.
    started: u32,
    /// The kept span that goes first is the greatest. A rank that its span has
    /// no longer may stand here as well. Most requests have room for all.
    order: Option<BinaryHeap<(Rank, usize)>>,
}

/// The slot of a span, which may have another by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotKey {
    index: u32,
    /// The number of the span.
    number: u32,
}

/// What is known of a span beside what leaves of it.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    /// How many spans of the request started before it; clocks may go back.
    pub(super) number: u32,
    /// Bytes of OTLP JSON that it takes at least, once it is kept.
    least_bytes: usize,
    /// Attributes of all kinds that were ever set.
    pub(super) attribute_count: u32,
    stage: Stage,
    /// Whether it does not leave, whatever becomes of it.
    pub(super) stays: bool,
    /// Whether the collector routes its end.
    is_routed: bool,
    /// Whether Glassbox made it, so that what leaves is declared.
    pub(super) is_ours: bool,
    /// Whether it or a span below it has failed.
    is_protected: bool,
}

impl Notes {
    /// Of a span that is open.
    pub(super) const NONE: Self = Self {
        number: 0,
        least_bytes: 0,
        attribute_count: 0,
        stage: Stage::Open,
        stays: false,
        is_routed: false,
        is_ours: false,
        is_protected: false,
    };
}

/// A span that has not ended with its request.
#[derive(Clone, Copy, Debug)]
pub(super) struct StillOpen {
    pub(super) id: SpanId,
    pub(super) depth: u32,
    /// Whether the collector routes its end.
    pub(super) is_routed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// It has ended, and the policy is at work.
    Ending,
    Kept,
    Free,
}

/// In which order spans make room: the greatest goes first. Failed spans,
/// their ancestors and the root go last; of all others the deepest first, and
/// of one depth the youngest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_ordinary: bool,
    depth: u32,
    number: u32,
}

impl Slots {
    /// Spans that are open.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// Spans that have ended and are kept.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// Bytes of OTLP JSON that the kept spans take at least.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes room for so many spans, once there is one.
    pub(super) fn expect(&mut self, spans: usize) {
        self.expected = spans;
    }

    /// The most spans there were at the same time.
    pub(super) fn most(&self) -> usize {
        self.spans.len()
    }

    /// Takes a span that has just started. `stays`: it does not leave, whatever
    /// becomes of it; `is_routed`: the collector routes its end.
    pub(super) fn start(
        &mut self,
        mut span: Finished,
        (stays, is_routed): (bool, bool),
    ) -> SlotKey {
        let id = span.id;
        let number = self.started;
        span.notes.stays = stays;
        span.notes.is_routed = is_routed;
        span.notes.number = number;
        self.started = number.wrapping_add(1);
        self.open += 1;
        let index = self.free.pop().unwrap_or(self.spans.len());
        if let Some(indices) = &mut self.indices {
            indices.insert(id, index);
        }
        if let Some(free) = self.spans.get_mut(index) {
            *free = span;
        } else {
            if self.spans.is_empty() {
                self.spans.reserve_exact(self.expected);
            }
            self.spans.push(span);
        }
        SlotKey::new(index, number)
    }

    /// Where a span is that is open or kept.
    pub(super) fn key(&mut self, span: SpanId) -> Option<SlotKey> {
        let (index, span) = self.find(span)?;
        Some(SlotKey::new(index, span.notes.number))
    }

    /// A span that is open.
    pub(super) fn open_mut(&mut self, key: SlotKey) -> Option<&mut Finished> {
        self.staged(key, Stage::Open)
    }

    /// A span that has ended, and is neither kept nor left out so far.
    pub(super) fn ending_mut(&mut self, key: SlotKey) -> Option<&mut Finished> {
        self.staged(key, Stage::Ending)
    }

    fn staged(&mut self, key: SlotKey, stage: Stage) -> Option<&mut Finished> {
        let is_it =
            |span: &&mut Finished| span.notes.number == key.number && span.notes.stage == stage;
        self.spans.get_mut(key.index()).filter(is_it)
    }

    /// Ends an open span. `None` if it has ended before.
    pub(super) fn end(&mut self, key: SlotKey) -> Option<&mut Finished> {
        let span = self.open_mut(key)?;
        span.notes.stage = Stage::Ending;
        Some(span)
    }

    /// Keeps a span that has ended; `false` if it is not there.
    pub(super) fn keep(&mut self, key: SlotKey) -> bool {
        let Some(span) = self.ending_mut(key) else {
            return false;
        };
        let least_bytes = span.least_bytes();
        span.notes.stage = Stage::Kept;
        span.notes.is_protected |= span.has_failed;
        span.notes.least_bytes = least_bytes;
        let rank = span.rank();
        let parent = span.notes.is_protected.then_some(span.place.parent);
        self.open -= 1;
        self.kept += 1;
        self.bytes += least_bytes;
        if let Some(order) = &mut self.order {
            order.push((rank, key.index()));
        }
        if let Some(parent) = parent {
            self.fail(parent);
        }
        true
    }

    /// Gives back the slot of a span that has ended and does not leave. Says
    /// which it was and where it stood.
    pub(super) fn leave_out(&mut self, key: SlotKey) -> Option<(SpanId, Place)> {
        let span = self.ending_mut(key)?;
        let (id, place) = (span.id, span.place);
        let has_failed = span.notes.is_protected || span.has_failed;
        self.open -= 1;
        self.free(key.index());
        if has_failed && place.fate == Fate::Publish {
            self.fail(place.parent);
        }
        Some((id, place))
    }

    /// Where a span stands that is open or kept.
    pub(super) fn place(&mut self, span: SpanId) -> Option<Place> {
        let (_, span) = self.find(span)?;
        Some(span.place)
    }

    /// Lets `span` and its ancestors go last: one below them has failed. A span
    /// that stays tells nothing of it.
    pub(super) fn fail(&mut self, span: SpanId) {
        let mut next = span;
        while let Some((index, span)) = self.find(next) {
            if std::mem::replace(&mut span.notes.is_protected, true)
                || span.place.fate != Fate::Publish
            {
                return;
            }
            next = span.place.parent;
            let rank = span.is_kept().then(|| span.rank());
            if let (Some(order), Some(rank)) = (&mut self.order, rank) {
                order.push((rank, index));
            }
        }
    }

    /// Drops the kept span that goes first; `false` if there is none.
    pub(super) fn make_room(&mut self) -> bool {
        let spans = &self.spans;
        let order = self.order.get_or_insert_with(|| {
            let kept = spans.iter().zip(0..).filter(|(span, _)| span.is_kept());
            kept.map(|(span, index)| (span.rank(), index)).collect()
        });
        while let Some((rank, index)) = order.pop() {
            let is_first = |span: &&Finished| span.is_kept() && span.rank() == rank;
            if let Some(span) = self.spans.get(index).filter(is_first) {
                self.kept -= 1;
                self.bytes -= span.notes.least_bytes;
                self.free(index);
                return true;
            }
        }
        false
    }

    /// Spans that are neither kept nor left out so far.
    pub(super) fn still_open(&self) -> impl Iterator<Item = StillOpen> {
        let is_open = |span: &&Finished| matches!(span.notes.stage, Stage::Open | Stage::Ending);
        self.spans.iter().filter(is_open).map(|span| StillOpen {
            id: span.id,
            depth: span.place.depth,
            is_routed: span.notes.is_routed,
        })
    }

    /// The kept spans, in about the order they started.
    pub(super) fn into_spans(mut self) -> Vec<Finished> {
        if self.kept < self.spans.len() {
            self.spans.retain(Finished::is_kept);
        }
        self.spans
    }

    fn free(&mut self, index: usize) {
        if let Some(span) = self.spans.get_mut(index) {
            span.clear();
            span.notes.stage = Stage::Free;
            self.free.push(index);
            if let Some(indices) = &mut self.indices {
                indices.remove(&span.id);
            }
        }
    }

    fn find(&mut self, span: SpanId) -> Option<(usize, &mut Finished)> {
        let is_it = |known: &Finished| known.id == span && known.notes.stage != Stage::Free;
        if !self.spans.get(self.last_found).is_some_and(is_it) {
            self.last_found = if self.spans.len() <= MAX_SCANNED {
                self.spans.iter().rposition(is_it)?
            } else {
                *self.indices().get(&span)?
            };
        }
        let index = self.last_found;
        Some((index, self.spans.get_mut(index)?))
    }

    fn indices(&mut self) -> &SpanIdMap<usize> {
        self.indices.get_or_insert_with(|| {
            let spans = self.spans.iter().zip(0..);
            spans
                .filter(|(span, _)| span.notes.stage != Stage::Free)
                .map(|(span, index)| (span.id, index))
                .collect()
        })
    }
}

impl SlotKey {
    fn new(index: usize, number: u32) -> Self {
        let index = count(index);
        Self { index, number }
    }

    fn index(self) -> usize {
        usize::try_from(self.index).unwrap_or(usize::MAX)
    }
}

impl Finished {
    fn is_kept(&self) -> bool {
        self.notes.stage == Stage::Kept
    }

    fn rank(&self) -> Rank {
        Rank {
            is_ordinary: !self.notes.is_protected && self.place.depth > 0,
            depth: self.place.depth,
            number: self.notes.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Ids of the spans that are kept.
    fn ids(slots: &Slots) -> Vec<u64> {
        let kept = slots.spans.iter().filter(|span| span.is_kept());
        let mut ids: Vec<_> = kept.map(|span| number(span.id)).collect();
        ids.sort_unstable();
        ids
    }

    fn number(id: SpanId) -> u64 {
        u64::from_be_bytes(id.to_bytes())
    }

    fn start(slots: &mut Slots, id: u64, parent: u64, depth: u32) -> SlotKey {
        let place = Place {
            depth,
            fate: Fate::Publish,
            parent: SpanId::from(parent),
        };
        let span = Finished::started(SpanId::from(id), place);
        slots.start(span, (false, false))
    }

    fn insert(slots: &mut Slots, id: u64, parent: u64, depth: u32, is_failed: bool) {
        let key = start(slots, id, parent, depth);
        if is_failed {
            slots.open_mut(key).unwrap().has_failed = true;
        }
        assert!(slots.end(key).is_some() && slots.keep(key));
    }

    /// Which span has just made room.
    fn make_room(kept: &mut Slots) -> Option<u64> {
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
            let mut kept = Slots::default();
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
                insert(&mut kept, id, 1, depth, is_failed);
            }
            kept.fail(SpanId::from(3));
            let order: Vec<_> = std::iter::from_fn(|| make_room(&mut kept)).collect();
            assert_eq!(order, [5, 2, 6, 4, 3, 1]);
            assert_eq!((kept.kept(), kept.bytes()), (0, 0));
        }
    }

    #[test]
    fn an_ancestor_that_ended_before_knows_of_a_failure_below_an_open_span() {
        let mut slots = Slots::default();
        insert(&mut slots, 1, 0, 0, false);
        insert(&mut slots, 2, 1, 1, false);
        let open = start(&mut slots, 3, 2, 2);
        insert(&mut slots, 4, 1, 1, false);
        insert(&mut slots, 5, 3, 3, true);
        assert_eq!(make_room(&mut slots), Some(4));
        assert!(slots.end(open).is_some() && slots.keep(open));
        let order: Vec<_> = std::iter::from_fn(|| make_room(&mut slots)).collect();
        assert_eq!(order, [5, 3, 2, 1]);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u32, bool),
        Fail(prop::sample::Index),
        MakeRoom,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0_u32..4, prop::bool::weighted(0.2)).prop_map(|(depth, failed)| Step::Insert(depth, failed)),
            1 => any::<prop::sample::Index>().prop_map(Step::Fail),
            2 => Just(Step::MakeRoom),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_the_same_goes_first_as_in_a_sorted_list(
            steps in prop::collection::vec(step(), 0..60),
        ) {
            let mut kept = Slots::default();
            // By rank: the last goes first. Those with greater ids start later.
            let mut sorted = BTreeMap::new();
            for (id, step) in (1_u64..).zip(steps) {
                match step {
                    Step::Insert(depth, is_failed) => {
                        insert(&mut kept, id, 0, depth, is_failed);
                        sorted.insert((!is_failed && depth > 0, depth, id), id);
                    }
                    Step::Fail(which) => {
                        let which = 1 + u64::try_from(which.index(usize::try_from(id).unwrap())).unwrap();
                        let known = sorted.iter().find(|(_, id)| **id == which).map(|(rank, _)| *rank);
                        kept.fail(SpanId::from(which));
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
                prop_assert_eq!(kept.kept(), sorted.len());
                for id in sorted.values() {
                    prop_assert!(kept.place(SpanId::from(*id)).is_some());
                }
            }
            prop_assert_eq!(kept.into_spans().len(), sorted.len());
        }
    }
    #[test]
    fn a_span_is_found_among_few_and_among_many() {
        for count in [1, 31, 32, 33, 200] {
            let mut slots = Slots::default();
            for id in 1..=count {
                start(&mut slots, id, id - 1, u32::try_from(id).unwrap());
                for known in [1, id / 2 + 1, id] {
                    let found = slots.place(SpanId::from(known)).unwrap();
                    assert_eq!(number(found.parent), known - 1);
                }
                assert_eq!(slots.place(SpanId::from(id + 1)), None);
            }
        }
    }

    #[test]
    fn a_slot_that_has_another_span_is_not_that_of_the_one_before() {
        for others in [0, 100] {
            let mut slots = Slots::default();
            for id in 10..10 + others {
                start(&mut slots, id, 0, 1);
            }
            let [one, two] = [1, 2].map(SpanId::from);
            let gone = start(&mut slots, 1, 0, 1);
            assert!(slots.place(one).is_some() && slots.end(gone).is_some());
            assert!(slots.leave_out(gone).is_some());
            assert!(slots.place(one).is_none());
            let new = start(&mut slots, 2, 0, 1);
            assert_eq!(gone.index, new.index);
            assert!(slots.place(one).is_none() && slots.open_mut(gone).is_none());
            assert!(slots.end(gone).is_none() && !slots.keep(gone));
            assert_eq!(slots.key(two), Some(new));
            assert!(slots.end(new).is_some() && slots.end(new).is_none(), "once");
        }
    }
}
