//! An Arcade that runs anywhere: its authorization API, on a real socket.
//!
//! Arcade keeps the tokens that tools need for other services, asks the user for them, and hands them out. This answers
//! what a server asks it:
//!
//! ```text
//! POST /v1/tools/authorize   {tool_name, user_id, tool_version?, next_uri?}
//! POST /v1/auth/authorize    {user_id, auth_requirement: {provider_id, provider_type, oauth2: {scopes}}, next_uri?}
//! GET  /v1/auth/status       ?id=..&wait=..   at most 59 seconds
//! ```
//!
//! with `Authorization: Bearer <API key>`. Answers are `{id, provider_id, scopes, status, url?, context?, user_id}`, where
//! `status` is `pending`, `completed` or `failed`, `url` is a page of this stand-in, and `context.token` a token that the
//! Gmail simulator accepts.
//!
//! Paths, members and statuses are those of Arcade's OpenAPI document (0.1.0) and of its Python SDK. Not documented, and
//! made up here: the names and texts in error bodies (`{name, message}`), that unknown tools answer 404, the body of
//! 429, and the page itself.

mod api;
mod error;
mod flow;
mod visit;

use std::fmt;
use std::future::IntoFuture as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::flow::Flows;
use crate::identity::Digest;
use crate::simulator::SIMULATED_TOKEN;

/// The API key that a stand-in expects unless told otherwise.
pub const SIMULATED_API_KEY: &str = "simulated-arcade-key";

/// What becomes of an authorization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behaviour {
    /// It is pending until the user has visited its page.
    #[default]
    Consent,
    /// The user has consented before: it is completed at once.
    Granted,
    /// It fails when the user visits its page.
    Fail,
    /// It stays pending, whatever the user does.
    NeverComplete,
    /// Every call is one too many (429).
    RateLimited,
}

/// How a stand-in behaves.
#[derive(Clone)]
#[non_exhaustive]
pub struct ArcadeConfig {
    /// The API key that calls have to carry (default [`SIMULATED_API_KEY`]).
    pub api_key: String,
    /// The token that it hands out (default [`SIMULATED_TOKEN`]).
    pub token: String,
    /// What becomes of authorizations (default: they ask for consent).
    pub behaviour: Behaviour,
    /// How many authorizations it remembers (default 1000); who comes on top gets 429.
    pub capacity: usize,
}

/// Without the key and the token.
impl fmt::Debug for ArcadeConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ArcadeConfig")
            .field("behaviour", &self.behaviour)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Default for ArcadeConfig {
    fn default() -> Self {
        Self {
            api_key: SIMULATED_API_KEY.to_owned(),
            token: SIMULATED_TOKEN.to_owned(),
            behaviour: Behaviour::default(),
            capacity: 1000,
        }
    }
}

impl ArcadeConfig {
    /// Sets the API key that calls have to carry.
    #[must_use]
    pub fn with_api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = key.into();
        self
    }

    /// Sets the token that it hands out.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// Sets what becomes of authorizations.
    #[must_use]
    pub fn with_behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Sets how many authorizations it remembers.
    #[must_use]
    pub fn with_capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }
}

/// A running stand-in for Arcade. It stops when dropped.
pub struct ArcadeStandIn {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<io::Result<()>>,
}

impl ArcadeStandIn {
    /// Starts a stand-in on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// If the loopback interface has no free port.
    pub async fn start(config: ArcadeConfig) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            base: format!("http://{address}"),
            api_key: Digest::of(&config.api_key),
            token: config.token,
            behaviour: Mutex::new(config.behaviour),
            flows: Mutex::new(Flows::new(config.capacity)),
            changed: watch::channel(()).0,
        });
        let task =
            tokio::spawn(axum::serve(listener, api::router(Arc::clone(&shared))).into_future());
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// The base URL, in the place of `https://api.arcade.dev`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what becomes of authorizations from now on.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        *self.shared.behaviour() = behaviour;
    }

    /// Forgets every consent: the next authorization asks for it again.
    pub fn forget(&self) {
        self.shared.flows().clear();
        self.shared.changed.send_replace(());
    }
}

impl fmt::Debug for ArcadeStandIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ArcadeStandIn")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for ArcadeStandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the handlers share.
struct Shared {
    base: String,
    api_key: Digest,
    token: String,
    behaviour: Mutex<Behaviour>,
    flows: Mutex<Flows>,
    /// Sent whenever an authorization has changed.
    changed: watch::Sender<()>,
}

impl Shared {
    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn flows(&self) -> MutexGuard<'_, Flows> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
