//! Tokens that were found valid before.
//!
//! A client sends one token with request after request, and a signature costs a
//! hundred times what looking it up does. What is kept is the digest of a token
//! and what the check found, never the token.
//!
//! Nobody gains by it who does not have a whole valid token: what is not valid
//! is not kept, so it neither grows the memory nor drives others out of it, and
//! takes as long as ever. Whoever keeps something here has to look at every
//! request whether it is still so.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use super::counts::Counters;

/// Larger tokens are checked anew each time, so that the memory stays small:
/// usual ones have 1 to 2 KiB.
const MAX_REMEMBERED_BYTES: usize = 4 * 1024;

/// SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Digest([u8; 32]);

impl Digest {
    /// The digest, if the token is one that may be kept.
    pub(super) fn of(token: &str) -> Option<Self> {
        (token.len() <= MAX_REMEMBERED_BYTES).then(|| Self(Sha256::digest(token).into()))
    }
}

/// What checks of valid tokens found. The oldest are forgotten first.
pub(super) struct CheckedTokens<T> {
    capacity: usize,
    found: Mutex<Found<T>>,
    counters: Arc<Counters>,
}

struct Found<T> {
    by_digest: HashMap<Digest, Arc<T>>,
    in_order: VecDeque<Digest>,
}

impl<T> CheckedTokens<T> {
    /// Keeps `capacity` of them at most.
    pub(super) fn new(capacity: usize, counters: Arc<Counters>) -> Self {
        Self {
            capacity,
            found: Mutex::new(Found {
                by_digest: HashMap::new(),
                in_order: VecDeque::new(),
            }),
            counters,
        }
    }

    /// The digest of a token, if anything is kept.
    pub(super) fn digest(&self, token: &str) -> Option<Digest> {
        (self.capacity > 0).then(|| Digest::of(token)).flatten()
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<Arc<T>> {
        self.found().by_digest.get(digest).cloned()
    }

    /// Keeps what was found, in the place of what was found before.
    pub(super) fn insert(&self, digest: Digest, found: T) {
        let mut all = self.found();
        if all.by_digest.insert(digest, Arc::new(found)).is_none() {
            all.in_order.push_back(digest);
        }
        while all.in_order.len() > self.capacity {
            if let Some(oldest) = all.in_order.pop_front() {
                all.by_digest.remove(&oldest);
                self.counters.forgotten_tokens.increment();
            }
        }
    }

    fn found(&self) -> MutexGuard<'_, Found<T>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for CheckedTokens<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CheckedTokens")
            .field("capacity", &self.capacity)
            .field("kept", &self.found().by_digest.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(capacity: usize, tokens: &[&str]) -> (Vec<bool>, u64) {
        let counters = Arc::new(Counters::default());
        let checked = CheckedTokens::new(capacity, Arc::clone(&counters));
        for token in tokens {
            if let Some(digest) = checked.digest(token) {
                checked.insert(digest, ());
            }
        }
        let is_kept = |token: &&str| checked.get(&Digest::of(token)?);
        let kept = tokens.iter().map(|token| is_kept(token).is_some());
        (kept.collect(), counters.counts().forgotten_tokens)
    }

    #[test]
    fn the_oldest_are_forgotten_and_counted() {
        assert_eq!(kept(3, &["a", "b"]), (vec![true; 2], 0));
        assert_eq!(kept(3, &["a", "b", "c"]), (vec![true; 3], 0));
        assert_eq!(
            kept(3, &["a", "b", "c", "d"]),
            (vec![false, true, true, true], 1)
        );
        assert_eq!(kept(3, &["a", "a", "a", "a"]), (vec![true; 4], 0));
        assert_eq!(kept(0, &["a"]), (vec![false], 0));
    }

    #[test]
    fn large_tokens_are_not_kept() {
        for (bytes, is_kept) in [
            (MAX_REMEMBERED_BYTES, true),
            (MAX_REMEMBERED_BYTES + 1, false),
        ] {
            assert_eq!(Digest::of(&"a".repeat(bytes)).is_some(), is_kept);
        }
    }
}
