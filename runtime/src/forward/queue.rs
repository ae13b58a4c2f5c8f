//! What waits for one sink, under a bound.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::spool::Claim;
use crate::otlp::OtlpPayload;

/// What a payload takes in memory beside its text.
const OVERHEAD_BYTES: usize = 128;

/// Bounds on payloads and spans, as bytes of OTLP JSON and as a number of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) bytes: usize,
    pub(super) spans: usize,
}

/// One payload and where it came from.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) payload: OtlpPayload,
    /// The file it was read from, which is there until the payload is settled.
    pub(super) claim: Option<Claim>,
    pub(super) since: Instant,
}

/// Payloads in the order they came. What is being sent stays at the front until it is settled, so the bound holds for
/// it too, and nothing is lost with a request that is given up.
#[derive(Debug)]
pub(super) struct Queue {
    items: VecDeque<Waiting>,
    used: Bound,
    claims: usize,
    bound: Bound,
}

/// Whether there is a batch to send.
#[derive(Debug)]
pub(super) enum Ready {
    /// This one.
    Batch(Vec<OtlpPayload>),
    /// Not before that moment, unless more comes.
    At(Instant),
    /// Nothing waits.
    Empty,
}

/// When a batch is as large as it gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batching {
    pub(super) bound: Bound,
    pub(super) delay: std::time::Duration,
}

impl Queue {
    pub(super) fn new(bound: Bound) -> Self {
        Self {
            items: VecDeque::new(),
            used: Bound { bytes: 0, spans: 0 },
            claims: 0,
            bound,
        }
    }

    /// Whether a payload is within the bound.
    pub(super) fn has_room(&self, payload: &OtlpPayload) -> bool {
        self.used.bytes.saturating_add(size(payload)) <= self.bound.bytes
            && self.used.spans.saturating_add(payload.span_count()) <= self.bound.spans
    }

    /// Whether what waits on disk may come in: one file at a time, and only while half of the bound is free.
    pub(super) fn has_room_for_a_file(&self) -> bool {
        self.claims == 0
            && self.used.bytes <= self.bound.bytes / 2
            && self.used.spans <= self.bound.spans / 2
    }

    pub(super) fn spans(&self) -> usize {
        self.used.spans
    }

    /// Adds a payload, whatever the bound.
    pub(super) fn push(&mut self, item: Waiting) {
        self.used.bytes = self.used.bytes.saturating_add(size(&item.payload));
        self.used.spans = self.used.spans.saturating_add(item.payload.span_count());
        self.claims += usize::from(item.claim.is_some());
        self.items.push_back(item);
    }

    /// The batch at the front: as many whole payloads as fit, and at least one.
    pub(super) fn ready(&self, batching: &Batching, now: Instant, hurry: bool) -> Ready {
        let Some(first) = self.items.front() else {
            return Ready::Empty;
        };
        let due = first.since + batching.delay;
        let overhead = self.items.len().saturating_mul(OVERHEAD_BYTES);
        let full = self.used.bytes.saturating_sub(overhead) >= batching.bound.bytes
            || self.used.spans >= batching.bound.spans;
        if !(hurry || full || first.claim.is_some() || due <= now) {
            return Ready::At(due);
        }
        let mut batch = Vec::new();
        let (mut bytes, mut spans) = (0_usize, 0_usize);
        for item in &self.items {
            bytes = bytes.saturating_add(item.payload.len_bytes());
            spans = spans.saturating_add(item.payload.span_count());
            let over = bytes > batching.bound.bytes || spans > batching.bound.spans;
            if over && !batch.is_empty() {
                break;
            }
            batch.push(item.payload.clone());
        }
        Ready::Batch(batch)
    }

    /// Takes the first payloads out: they are delivered, refused or given up.
    pub(super) fn settle(&mut self, payloads: usize) -> Vec<Waiting> {
        let settled: Vec<_> = self.items.drain(..payloads.min(self.items.len())).collect();
        for item in &settled {
            self.used.bytes = self.used.bytes.saturating_sub(size(&item.payload));
            self.used.spans = self.used.spans.saturating_sub(item.payload.span_count());
            self.claims -= usize::from(item.claim.is_some());
        }
        if self.items.is_empty() {
            // A queue that was once long does not keep its memory.
            self.items = VecDeque::new();
        }
        settled
    }
}

fn size(payload: &OtlpPayload) -> usize {
    payload.len_bytes().saturating_add(OVERHEAD_BYTES)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn item(bytes: usize, spans: usize) -> Waiting {
        Waiting {
            payload: OtlpPayload::new("x".repeat(bytes), spans),
            claim: None,
            since: Instant::now(),
        }
    }

    fn batching(bytes: usize, spans: usize) -> Batching {
        Batching {
            bound: Bound { bytes, spans },
            delay: Duration::from_millis(100),
        }
    }

    fn batch(queue: &Queue, batching: &Batching, hurry: bool) -> Option<Vec<usize>> {
        match queue.ready(batching, Instant::now(), hurry) {
            Ready::Batch(batch) => Some(batch.iter().map(OtlpPayload::len_bytes).collect()),
            Ready::At(_) | Ready::Empty => None,
        }
    }

    #[test]
    fn takes_payloads_up_to_its_bound_in_bytes() {
        let mut queue = Queue::new(Bound {
            bytes: 2 * (10 + OVERHEAD_BYTES),
            spans: 100,
        });
        queue.push(item(10, 1));
        for (bytes, fits) in [(9, true), (10, true), (11, false)] {
            assert_eq!(queue.has_room(&item(bytes, 1).payload), fits, "{bytes}");
        }
    }

    #[test]
    fn takes_payloads_up_to_its_bound_in_spans() {
        let mut queue = Queue::new(Bound {
            bytes: 1000,
            spans: 10,
        });
        queue.push(item(1, 6));
        for (spans, fits) in [(3, true), (4, true), (5, false)] {
            assert_eq!(queue.has_room(&item(1, spans).payload), fits, "{spans}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_sent_when_it_is_full_or_has_waited_long_enough() {
        let mut queue = Queue::new(Bound {
            bytes: 10_000,
            spans: 100,
        });
        let by_bytes = batching(30, 100);
        assert_eq!(batch(&queue, &by_bytes, true), None);
        queue.push(item(10, 1));
        queue.push(item(19, 1));
        assert_eq!(batch(&queue, &by_bytes, false), None);
        assert_eq!(batch(&queue, &by_bytes, true), Some(vec![10, 19]));
        queue.push(item(1, 1));
        assert_eq!(batch(&queue, &by_bytes, false), Some(vec![10, 19, 1]));
        queue.push(item(1, 1));
        assert_eq!(batch(&queue, &by_bytes, false), Some(vec![10, 19, 1]));
        assert_eq!(
            batch(&queue, &batching(1000, 3), false),
            Some(vec![10, 19, 1])
        );
        assert_eq!(batch(&queue, &batching(1000, 5), false), None);
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(
            batch(&queue, &batching(1000, 5), false),
            Some(vec![10, 19, 1, 1])
        );
    }

    #[test]
    fn a_payload_larger_than_a_batch_goes_alone() {
        let mut queue = Queue::new(Bound {
            bytes: 10_000,
            spans: 100,
        });
        queue.push(item(50, 1));
        queue.push(item(1, 1));
        assert_eq!(batch(&queue, &batching(30, 100), false), Some(vec![50]));
    }

    proptest! {
        #[test]
        fn accounts_for_what_is_in_it(sizes in prop::collection::vec((0_usize..50, 0_usize..9), 0..20), taken in 0_usize..25) {
            let mut queue = Queue::new(Bound { bytes: 1, spans: 1 });
            for &(bytes, spans) in &sizes {
                queue.push(item(bytes, spans));
            }
            let settled = queue.settle(taken).len();
            prop_assert_eq!(settled, taken.min(sizes.len()));
            let left = &sizes[settled..];
            prop_assert_eq!(queue.spans(), left.iter().map(|item| item.1).sum::<usize>());
            prop_assert_eq!(queue.used.bytes, left.iter().map(|item| item.0 + OVERHEAD_BYTES).sum::<usize>());
            queue.settle(sizes.len());
            prop_assert_eq!(queue.used, Bound { bytes: 0, spans: 0 });
        }
    }
}
