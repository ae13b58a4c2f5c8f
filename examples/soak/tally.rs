//! What has been done so far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::plan::Kind;

/// Mistakes that are kept to be shown; the others are counted.
const MAX_SHOWN: usize = 5;

/// Counts of all workers.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    started: AtomicU64,
    done: AtomicU64,
    kinds: [AtomicU64; Kind::MIX.len()],
    wrong: AtomicU64,
    shown: Mutex<Vec<String>>,
}

impl Tally {
    /// The number of the next call, if there is one.
    pub(crate) fn next(&self, calls: u64) -> Option<u64> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        (number < calls).then_some(number)
    }

    /// Counts a call that is done, and what was wrong with it.
    pub(crate) fn count(&self, number: u64, kind: Kind, outcome: Result<(), String>) {
        let position = Kind::MIX.iter().position(|(known, _)| *known == kind);
        if let Some(count) = position.and_then(|position| self.kinds.get(position)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if let Err(mistake) = outcome {
            self.wrong.fetch_add(1, Ordering::Relaxed);
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            if shown.len() < MAX_SHOWN {
                shown.push(format!("call {number} ({}) {mistake}", kind.label()));
            }
        }
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    pub(crate) fn wrong(&self) -> u64 {
        self.wrong.load(Ordering::Relaxed)
    }

    /// The first mistakes.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        self.shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many calls were of which kind.
    pub(crate) fn by_kind(&self) -> impl Iterator<Item = (Kind, u64)> {
        let counts = self.kinds.iter().map(|count| count.load(Ordering::Relaxed));
        Kind::MIX.iter().map(|(kind, _)| *kind).zip(counts)
    }
}
