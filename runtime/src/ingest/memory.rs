//! The ids that are known from before.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{SpanId, TraceId};

pub(super) type Key = (TraceId, SpanId);

/// What earlier answers have left: which ids are the caller's own, and which were accepted. Each has its own bound, so
/// that no server can make the caller forget its own.
#[derive(Debug, Default)]
pub(super) struct Memory {
    own: Mutex<Recent>,
    ingested: Mutex<Recent>,
}

impl Memory {
    pub(super) fn own(&self) -> MutexGuard<'_, Recent> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ingested(&self) -> MutexGuard<'_, Recent> {
        self.ingested.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most recent keys.
#[derive(Default)]
pub(super) struct Recent {
    keys: HashSet<Key>,
    order: VecDeque<Key>,
    forgotten: u64,
}

impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent")
            .field("keys", &self.keys.len())
            .field("forgotten", &self.forgotten)
            .finish_non_exhaustive()
    }
}

impl Recent {
    pub(super) fn contains(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    /// Remembers a key, and of all keys the `max` most recent. Whether it is new.
    pub(super) fn insert(&mut self, key: Key, max: usize) -> bool {
        let new = self.keys.insert(key);
        if new {
            self.order.push_back(key);
        }
        while self.order.len() > max {
            if let Some(oldest) = self.order.pop_front() {
                self.keys.remove(&oldest);
                self.forgotten += 1;
            }
        }
        new
    }

    /// How many keys went because newer ones came.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u64) -> Key {
        (TraceId::from(1), SpanId::from(id))
    }

    #[test]
    fn remembers_the_most_recent_and_counts_the_rest() {
        for (inserted, kept, forgotten) in [(2, 2, 0), (3, 3, 0), (4, 3, 1)] {
            let mut recent = Recent::default();
            for id in 1..=inserted {
                assert!(recent.insert(key(id), 3));
                assert!(!recent.insert(key(id), 3));
            }
            let known = (1..=inserted).filter(|&id| recent.contains(key(id)));
            assert_eq!((known.count(), recent.forgotten()), (kept, forgotten));
            assert!(recent.contains(key(inserted)));
        }
    }

    #[test]
    fn a_bound_of_nothing_remembers_nothing() {
        let mut recent = Recent::default();
        assert!(recent.insert(key(1), 0));
        assert!(!recent.contains(key(1)));
    }

    #[test]
    fn the_same_span_id_in_another_trace_is_another_key() {
        let mut recent = Recent::default();
        recent.insert(key(1), 9);
        assert!(!recent.contains((TraceId::from(2), SpanId::from(1))));
    }
}
