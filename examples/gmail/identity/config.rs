//! How an identity provider behaves.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What access tokens are signed with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// Ed25519 (RFC 8037).
    #[default]
    EdDsa,
    /// ECDSA with P-256 and SHA-256 (RFC 7518).
    Es256,
    /// RSA PKCS #1 v1.5 with 2048 bits and SHA-256 (RFC 7518). How long signing takes says something about the key
    /// (RUSTSEC-2023-0071), so it is for tests of verifiers.
    Rs256,
}

/// The settings of an identity provider.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IdentityConfig {
    /// Where it listens (default `127.0.0.1:0`: any free port). Loopback addresses only.
    pub address: SocketAddr,
    /// The path of the issuer (default: none), for example `/tenant`.
    pub path: String,
    /// What signs the access tokens (default EdDSA).
    pub algorithm: SigningAlgorithm,
    /// The scopes that clients can ask for (default `gmail.readonly` and `gmail.send`). A client that asks for none is
    /// offered all of them.
    pub scopes: Vec<String>,
    /// The resources that tokens are issued for (default: none, which means any).
    pub resources: Vec<String>,
    /// Clients that are known from the start: their ids and redirect URIs (default: none).
    pub clients: Vec<(String, Vec<String>)>,
    /// How long an access token lives (default 10 minutes).
    pub access_token_lifetime: Duration,
    /// How long a refresh token lives; each refresh starts anew (default 1 day).
    pub refresh_token_lifetime: Duration,
    /// How long a code lives (default 60 seconds; RFC 6749, section 4.1.2, allows 10 minutes at most).
    pub code_lifetime: Duration,
    /// How many of each kind fit: clients, open consents, codes, tokens (default 1000).
    pub capacity: usize,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            path: String::new(),
            algorithm: SigningAlgorithm::default(),
            scopes: ["gmail.readonly", "gmail.send"].map(str::to_owned).into(),
            resources: Vec::new(),
            clients: Vec::new(),
            access_token_lifetime: Duration::from_secs(600),
            refresh_token_lifetime: Duration::from_secs(24 * 60 * 60),
            code_lifetime: Duration::from_secs(60),
            capacity: 1000,
        }
    }
}

impl IdentityConfig {
    /// Sets where it listens.
    #[must_use]
    pub fn with_address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Sets the path of the issuer.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets what signs the access tokens.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sets the scopes that clients can ask for.
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a resource that tokens are issued for.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// Adds a client that needs no registration.
    #[must_use]
    pub fn with_client(
        mut self,
        id: impl Into<String>,
        redirect_uris: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let redirect_uris = redirect_uris.into_iter().map(Into::into).collect();
        self.clients.push((id.into(), redirect_uris));
        self
    }

    /// Sets how long an access token lives.
    #[must_use]
    pub fn with_access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = lifetime;
        self
    }

    /// Sets how long a refresh token lives.
    #[must_use]
    pub fn with_refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.refresh_token_lifetime = lifetime;
        self
    }

    /// Sets how many of each kind fit.
    #[must_use]
    pub fn with_capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// Whether routes and issuer can be made of the path.
    pub(super) fn has_usable_path(&self) -> bool {
        let usable = |segment: &str| {
            !segment.is_empty()
                && segment != "."
                && segment != ".."
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        match self.path.strip_prefix('/') {
            Some(path) => path.split('/').all(usable),
            None => self.path.is_empty(),
        }
    }
}
