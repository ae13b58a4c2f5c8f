//! An issuer's keys, cached.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use reqwest::Client;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::counts::Counters;
use super::fetch::{self, KeySource};
use super::key_set::{Key, KeySet};
use super::verifier::TokenError;

/// When keys are fetched.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyTimes {
    /// Keys older than this are fetched again, beside the request that noticed.
    pub(super) refresh_after: Duration,
    /// Keys older than this are not used any more.
    pub(super) max_age: Duration,
    /// Two fetches are this far apart at least, whatever is asked for.
    pub(super) min_interval: Duration,
    /// A fetch takes no longer.
    pub(super) timeout: Duration,
}

/// The keys of one issuer. Cheap to clone; clones share the keys.
#[derive(Clone, Debug)]
pub(super) struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    source: KeySource,
    client: Client,
    times: KeyTimes,
    counters: Arc<Counters>,
    current: RwLock<Option<Arc<Fetched>>>,
    /// When the last fetch began. Held while one runs, so there is one at a
    /// time.
    last_fetch: Arc<Mutex<Option<Instant>>>,
}

#[derive(Debug)]
struct Fetched {
    set: KeySet,
    at: Instant,
}

impl Keys {
    pub(super) fn new(
        issuer: String,
        source: KeySource,
        client: Client,
        times: KeyTimes,
        counters: Arc<Counters>,
    ) -> Self {
        Self(Arc::new(Inner {
            issuer,
            source,
            client,
            times,
            counters,
            current: RwLock::default(),
            last_fetch: Arc::default(),
        }))
    }

    /// The key for a token. If it is not known, the keys are fetched once
    /// more, unless that was just done.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<Key>, TokenError> {
        let asked = Instant::now();
        let known = self.current();
        if let Some(known) = &known
            && let Some(key) = known.set.find(id, algorithm)
        {
            self.refresh_if_old(known);
            return Ok(key);
        }
        self.refresh(asked).await;
        let known = self.current().ok_or(TokenError::Unavailable)?;
        known.set.find(id, algorithm).ok_or(TokenError::UnknownKey)
    }

    /// Whether `key` is among the keys that were fetched last. A key that was
    /// fetched once more is another one.
    pub(super) fn has(&self, key: &Arc<Key>) -> bool {
        let Some(known) = self.current() else {
            return false;
        };
        self.refresh_if_old(&known);
        known.set.has(key)
    }

    /// The keys, unless they are too old.
    fn current(&self) -> Option<Arc<Fetched>> {
        let current = self.0.current.read();
        let current = current.unwrap_or_else(PoisonError::into_inner);
        let young = |fetched: &&Arc<Fetched>| fetched.at.elapsed() < self.0.times.max_age;
        current.as_ref().filter(young).cloned()
    }

    fn refresh_if_old(&self, known: &Fetched) {
        if known.at.elapsed() >= self.0.times.refresh_after {
            self.refresh_beside();
        }
    }

    /// Fetches the keys, or waits for the fetch that is under way.
    async fn refresh(&self, asked: Instant) {
        let last = Arc::clone(&self.0.last_fetch).lock_owned().await;
        if last.is_some_and(|last| last >= asked) {
            return;
        }
        if let Some(fetching) = self.fetch(last) {
            // An error means that the runtime shuts down.
            fetching.await.ok();
        }
    }

    /// Fetches the keys in the background, unless that is under way.
    fn refresh_beside(&self) {
        if let Ok(last) = Arc::clone(&self.0.last_fetch).try_lock_owned() {
            drop(self.fetch(last));
        }
    }

    /// In a task of its own: a client that goes away does not stop it, and so
    /// cannot use up the one fetch that others wait for.
    fn fetch(
        &self,
        mut last: OwnedMutexGuard<Option<Instant>>,
    ) -> Option<tokio::task::JoinHandle<()>> {
        if last.is_some_and(|last| last.elapsed() < self.0.times.min_interval) {
            return None;
        }
        *last = Some(Instant::now());
        let keys = self.clone();
        Some(tokio::spawn(async move {
            keys.0.fetch().await;
            drop(last);
        }))
    }
}

impl Inner {
    async fn fetch(&self) {
        match fetch::key_set(&self.client, &self.source, self.times.timeout).await {
            Ok(set) => {
                self.counters.key_fetches.increment();
                self.counters
                    .ignored_keys
                    .add(u64::try_from(set.ignored).unwrap_or(u64::MAX));
                let at = Instant::now();
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Some(Arc::new(Fetched { set, at }));
            }
            Err(error) => {
                self.counters.failed_key_fetches.increment();
                tracing::warn!(issuer = %self.issuer, %error, "the issuer's keys cannot be fetched");
            }
        }
    }
}
