//! An identity provider that runs anywhere: an OAuth 2.1 authorization server for one demo user, on a real socket.
//!
//! ```text
//! /.well-known/oauth-authorization-server   metadata (RFC 8414), also with the issuer's path inserted
//! /.well-known/openid-configuration         the same document, for clients that look here first
//! /jwks         public keys (RFC 7517)      /register    client registration (RFC 7591)
//! /authorize    consent (RFC 6749, PKCE)    /revoke      revocation (RFC 7009)
//! /token        codes and refresh tokens    /introspect  introspection (RFC 7662)
//! ```
//!
//! The last six stand below the issuer's path, if it has one. Clients are public, known by registration, by an URL that
//! shows their metadata document, or by configuration ([`IdentityConfig::with_client`]). Access tokens are JWTs
//! (RFC 9068) for one resource (RFC 8707), named in their `aud`. State lives in memory, every part of it has a bound
//! ([`Counts::over_capacity`] counts what did not fit), and of codes and tokens only digests are kept.
//!
//! What it does not do: sign anybody in (whoever sees the page is [`USER`]), confidential clients, ID tokens, several
//! resources in one token. It is made for demos and tests on this machine: it speaks HTTP, and a name in a client's URL
//! may resolve to any address.

mod authorize;
mod clients;
mod config;
pub mod consent;
mod error;
mod grant;
mod introspect;
mod keys;
mod metadata;
mod outage;
mod page;
mod parameters;
mod register;
mod router;
mod secret;
mod state;
mod store;
mod token;

use std::fmt;
use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::config::{IdentityConfig, SigningAlgorithm};
pub use self::keys::KeyError;
pub use self::outage::Outage;
pub use self::secret::NoEntropy;
pub use self::state::Counts;
pub use self::token::TokenError;

pub(crate) use self::page::{Page, escape};
pub(crate) use self::parameters::{Parameters, is_form, is_json};
pub(crate) use self::secret::{Digest, random};

use self::state::Shared;
use crate::simulator::mailbox;

/// Who everybody is: the `sub` of the tokens.
pub const USER: &str = "ada";
/// The demo user's `email`: the account of the simulated mailbox.
pub const USER_EMAIL: &str = mailbox::ACCOUNT;
/// The user name of a resource server at `/introspect`.
pub const RESOURCE_SERVER: &str = "resource-server";

/// Why an identity provider did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, or not one of this machine's.
    #[error("the identity provider could not listen at {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The provider would be reachable from other machines, and it lets everybody in.
    #[error(
        "the identity provider lets everybody in, so it listens at loopback addresses only, not at {0}"
    )]
    NotLoopback(SocketAddr),
    /// The path in the configuration cannot be one of an issuer.
    #[error("{0:?} cannot be an issuer's path; write it as /name, without a slash at the end")]
    Path(String),
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A running identity provider. It stops when dropped.
pub struct IdentityProvider {
    shared: Arc<Shared>,
    outage: watch::Sender<Outage>,
    task: JoinHandle<io::Result<()>>,
}

impl IdentityProvider {
    /// Starts an identity provider.
    ///
    /// # Errors
    ///
    /// If the configuration is not one ([`StartError`]), the address is taken, or no key can be made.
    pub async fn start(config: IdentityConfig) -> Result<Self, StartError> {
        let address = config.address;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        if !config.has_usable_path() {
            return Err(StartError::Path(config.path));
        }
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        let shared = Arc::new(Shared::new(config, bound)?);
        let (outage, seen) = watch::channel(Outage::None);
        let router = router::router(Arc::clone(&shared), seen);
        let task = tokio::spawn(axum::serve(listener, router).into_future());
        Ok(Self {
            shared,
            outage,
            task,
        })
    }

    /// The issuer: what stands in `iss`, and where discovery begins.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// The address of the key set.
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        self.shared.endpoint("/jwks")
    }

    /// What a resource server shows at `/introspect`: as the password of [`RESOURCE_SERVER`], or as a bearer token.
    #[must_use]
    pub fn introspection_secret(&self) -> &str {
        &self.shared.introspection_secret
    }

    /// Signs with a new key from now on. The old one stays in the key set until its last token has expired.
    ///
    /// # Errors
    ///
    /// If the system has no random numbers.
    pub fn rotate_keys(&self) -> Result<(), KeyError> {
        let now = self.shared.now();
        self.shared.keys().rotate(now)
    }

    /// Takes every key out of the key set except the one that signs, as after a key has leaked.
    pub fn drop_old_keys(&self) {
        self.shared.keys().drop_old();
    }

    /// Makes the provider ill, or well again ([`Outage::None`]).
    pub fn set_outage(&self, outage: Outage) {
        self.outage.send_replace(outage);
    }

    /// An access token that nobody had to consent to, for tests. Introspection knows it.
    ///
    /// # Errors
    ///
    /// If the token cannot be signed, or no more tokens fit into the provider.
    pub fn token_for(
        &self,
        subject: &str,
        audience: &str,
        scopes: &[&str],
        lifetime: Duration,
    ) -> Result<String, TokenError> {
        self.shared.token_for(subject, audience, scopes, lifetime)
    }

    /// Revokes every grant: refresh tokens stop to work, and introspection calls access tokens inactive. JWTs that are
    /// checked without asking stay valid until they expire.
    pub fn revoke_all(&self) {
        self.shared.state().revoke_all();
    }

    /// Sets the provider's clock ahead, so that what it has issued ages without anybody waiting.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.advance_clock(by);
    }

    /// What it has counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.state().counts
    }
}

/// Says who it is, and nothing of what it holds.
impl fmt::Debug for IdentityProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IdentityProvider")
            .field("issuer", &self.shared.issuer)
            .finish_non_exhaustive()
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}
