//! What an identity provider remembers. None of it can be printed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::clients::{Client, Documents};
use super::config::IdentityConfig;
use super::keys::{KeyError, KeyRing};
use super::secret::{Digest, random};
use super::store::{Full, Store};
use super::token::Claims;

const FOREVER: Duration = Duration::MAX;

/// What an identity provider has counted since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Access tokens issued.
    pub issued: u64,
    /// Requests refused with an OAuth error.
    pub refused: u64,
    /// Things refused because [`IdentityConfig::capacity`] was reached.
    pub over_capacity: u64,
    /// Times the key set was read.
    pub key_sets: u64,
    /// Codes and refresh tokens that were presented a second time; each ended its grant.
    pub replayed: u64,
}

/// What the user lets a client do.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) resource: String,
    /// Whether the client wants refresh tokens.
    pub(super) refreshes: bool,
}

/// A page that asks for consent, shown and not answered.
pub(super) struct Consent {
    pub(super) grant: Grant,
    pub(super) challenge: String,
    pub(super) state: Option<String>,
    pub(super) browser: Digest,
}

/// A code, and what came of it.
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) challenge: String,
    pub(super) used_for: Option<Family>,
}

pub(super) struct Refresh {
    pub(super) grant: Grant,
    pub(super) family: Family,
    pub(super) used: bool,
}

pub(super) struct Access {
    pub(super) claims: Claims,
    pub(super) family: Family,
}

/// All tokens that come of one consent: they are revoked together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Family(u64);

pub(super) struct State {
    pub(super) clients: Store<String, Client>,
    pub(super) consents: Store<Digest, Consent>,
    pub(super) codes: Store<Digest, Code>,
    pub(super) refresh: Store<Digest, Refresh>,
    pub(super) access: Store<Digest, Access>,
    families: Store<Family, ()>,
    next_family: u64,
    pub(super) counts: Counts,
}

impl State {
    fn new(capacity: usize, configured: usize) -> Self {
        Self {
            clients: Store::new(capacity.saturating_add(configured)),
            consents: Store::new(capacity),
            codes: Store::new(capacity),
            refresh: Store::new(capacity),
            access: Store::new(capacity),
            families: Store::new(capacity),
            next_family: 0,
            counts: Counts::default(),
        }
    }

    pub(super) fn new_family(&mut self) -> Family {
        self.next_family += 1;
        Family(self.next_family)
    }

    /// Lets a family live until then.
    pub(super) fn keep(
        &mut self,
        family: Family,
        now: Duration,
        expires: Duration,
    ) -> Result<(), Full> {
        self.families.insert(family, (), now, expires)
    }

    pub(super) fn is_alive(&self, family: Family, now: Duration) -> bool {
        self.families.get(&family, now).is_some()
    }

    pub(super) fn revoke(&mut self, family: Family) {
        self.families.remove(&family);
    }

    /// Somebody has a code or refresh token that was used before: one of the two stole it (RFC 9700, section 4.14.2).
    pub(super) fn revoke_replayed(&mut self, family: Family) {
        self.counts.replayed += 1;
        self.revoke(family);
    }

    pub(super) fn revoke_all(&mut self) {
        self.families.clear();
        self.codes.clear();
        self.refresh.clear();
    }
}

/// What the handlers share.
pub(super) struct Shared {
    pub(super) config: IdentityConfig,
    pub(super) issuer: String,
    pub(super) introspection_secret: String,
    pub(super) documents: Documents,
    keys: Mutex<KeyRing>,
    state: Mutex<State>,
    ahead_millis: AtomicU64,
}

impl Shared {
    pub(super) fn new(config: IdentityConfig, address: SocketAddr) -> Result<Self, KeyError> {
        let mut state = State::new(config.capacity, config.clients.len());
        for (id, redirect_uris) in &config.clients {
            let client = Client::configured(id, redirect_uris);
            // They have room: the table was made larger by their number.
            let _ = state
                .clients
                .insert(id.clone(), client, Duration::ZERO, FOREVER);
        }
        Ok(Self {
            issuer: format!("http://{address}{}", config.path),
            introspection_secret: random()?,
            documents: Documents::new(),
            keys: Mutex::new(KeyRing::new(config.algorithm)?),
            state: Mutex::new(state),
            ahead_millis: AtomicU64::new(0),
            config,
        })
    }

    /// The URL of an endpoint.
    pub(super) fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The time since 1970, as the provider has it.
    pub(super) fn now(&self) -> Duration {
        let ahead = Duration::from_millis(self.ahead_millis.load(Ordering::Relaxed));
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.unwrap_or_default().saturating_add(ahead)
    }

    pub(super) fn advance_clock(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let add = |ahead: u64| Some(ahead.saturating_add(by));
        let _ = self
            .ahead_millis
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// The state stays usable after a panic elsewhere: nothing in it depends on two changes happening together.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keys(&self) -> MutexGuard<'_, KeyRing> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
