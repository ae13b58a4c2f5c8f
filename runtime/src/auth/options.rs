//! How a server is protected.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use url::Url;

use super::challenge::Challenges;
use super::counts::Counters;
use super::error::AuthError;
use super::fetch::{self, KeySource};
use super::guarded::Guarded;
use super::jwt::{JwtVerifier, SharedVerifier};
use super::keys::{KeyTimes, Keys};
use super::layer::{AuthLayer, Protection};
use super::metadata::ResourceMetadata;
use super::needs::Needs;
use super::sessions::{Sessions, UnknownSessions};
use super::verifier::TokenVerifier;

/// Who issues tokens for a server.
///
/// A string converts into it: the issuer, whose metadata tell where its keys
/// are.
#[derive(Clone, Debug)]
pub struct AuthorizationServer {
    issuer: String,
    jwks_uri: Option<String>,
}

impl AuthorizationServer {
    /// The authorization server with this issuer: a URL, exactly as `iss` in
    /// its tokens has it.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            jwks_uri: None,
        }
    }

    /// Sets where its keys are. Default: its metadata tell (RFC 8414; OpenID
    /// Connect Discovery 1.0).
    #[must_use]
    pub fn with_jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }
}

impl<T: Into<String>> From<T> for AuthorizationServer {
    fn from(issuer: T) -> Self {
        Self::new(issuer)
    }
}

/// How a server is protected: an OAuth 2.1 resource server, as MCP,
/// Authorization has it.
///
/// | option | default | because |
/// |---|---|---|
/// | [`leeway`](Self::leeway) | 30 s | clocks that are kept in time differ by less (ours) |
/// | [`refresh_keys_after`](Self::refresh_keys_after) | 5 min | how long a key that was withdrawn is still used (ours) |
/// | [`keep_keys_for`](Self::keep_keys_for) | 24 h | how long an authorization server may be down (ours) |
/// | [`fetch_keys_every`](Self::fetch_keys_every) | 10 s, at most | tokens with made-up keys must not become a flood (ours) |
/// | [`fetch_timeout`](Self::fetch_timeout) | 5 s | a request may wait for it (ours) |
/// | [`verifier_timeout`](Self::verifier_timeout) | 10 s | a request waits for it (ours) |
/// | [`remember_tokens`](Self::remember_tokens) | 1,000 | a signature is checked once and not with every request (ours) |
///
/// Fixed bounds: tokens of 16 KiB, 256 scopes a token, key sets of 1 MiB and
/// 100 keys, RSA keys of 2048 to 4096 bits.
///
/// # Examples
///
/// ```
/// use glassbox::auth::Auth;
/// use glassbox::{Server, mcp_tool};
///
/// /// Lists files.
/// #[mcp_tool(read_only, scopes("files.read"))]
/// fn list() -> Vec<String> {
///     Vec::new()
/// }
///
/// # // The examples build reqwest without a provider for TLS, and all members of a workspace share one build.
/// # let _ = rustls::crypto::ring::default_provider().install_default();
/// # fn build() -> Result<(), glassbox::BuildError> {
/// let server = Server::builder("files", "1.0.0")
///     .tool::<list>()
///     .auth(
///         Auth::new("https://mcp.example.com/mcp")
///             .authorization_server("https://auth.example.com")
///             .identity_claim("email"),
///     )
///     .build()?;
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
#[must_use = "options do nothing until a server is given them"]
pub struct Auth {
    resource: String,
    name: Option<String>,
    servers: Vec<AuthorizationServer>,
    audiences: Vec<String>,
    required_scopes: Vec<String>,
    scopes_supported: Vec<String>,
    identity_claim: Option<String>,
    leeway: Duration,
    times: KeyTimes,
    remembered_tokens: usize,
    client: Option<Client>,
    verifier: Option<SharedVerifier>,
    verifier_timeout: Duration,
}

impl Auth {
    /// How far clocks may differ unless set otherwise.
    pub const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
    /// How old keys get before they are fetched again unless set otherwise.
    pub const DEFAULT_REFRESH_KEYS_AFTER: Duration = Duration::from_secs(5 * 60);
    /// How long keys are used unless set otherwise.
    pub const DEFAULT_KEEP_KEYS_FOR: Duration = Duration::from_secs(24 * 60 * 60);
    /// How far fetches are apart unless set otherwise.
    pub const DEFAULT_FETCH_KEYS_EVERY: Duration = Duration::from_secs(10);
    /// How long a fetch may take unless set otherwise.
    pub const DEFAULT_FETCH_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long a verifier of your own may take unless set otherwise.
    pub const DEFAULT_VERIFIER_TIMEOUT: Duration = Duration::from_secs(10);
    /// How many valid tokens are remembered unless set otherwise.
    pub const DEFAULT_REMEMBERED_TOKENS: usize = 1000;

    /// Protects the server at `resource`: the URL under which clients reach it,
    /// which is also what its tokens are for (RFC 8707).
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            name: None,
            servers: Vec::new(),
            audiences: Vec::new(),
            required_scopes: Vec::new(),
            scopes_supported: Vec::new(),
            identity_claim: None,
            leeway: Self::DEFAULT_LEEWAY,
            times: KeyTimes {
                refresh_after: Self::DEFAULT_REFRESH_KEYS_AFTER,
                max_age: Self::DEFAULT_KEEP_KEYS_FOR,
                min_interval: Self::DEFAULT_FETCH_KEYS_EVERY,
                timeout: Self::DEFAULT_FETCH_TIMEOUT,
            },
            remembered_tokens: Self::DEFAULT_REMEMBERED_TOKENS,
            client: None,
            verifier: None,
            verifier_timeout: Self::DEFAULT_VERIFIER_TIMEOUT,
        }
    }

    /// Adds an authorization server whose tokens are accepted. There may be
    /// several; each is trusted with its own tokens only.
    pub fn authorization_server(mut self, server: impl Into<AuthorizationServer>) -> Self {
        self.servers.push(server.into());
        self
    }

    /// Accepts tokens for `audience` as well: for authorization servers that
    /// know the server by another name than its URL.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Sets the name that clients show to people (RFC 9728, `resource_name`).
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets scopes that every request needs, whatever it asks for. Default:
    /// none; a valid token is enough, and tools, resources and prompts name what
    /// they need.
    pub fn required_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.required_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the scopes that clients may ask for at first (RFC 9728,
    /// `scopes_supported`). Default: all that anything needs.
    pub fn scopes_supported(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes_supported = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the claim that is the caller's [name](super::Identity::name), such
    /// as `email`. A token without it is refused. Default: the subject. Applies
    /// to JWTs.
    ///
    /// Name only a claim that the authorization server vouches for: whoever can
    /// choose their own can be anybody.
    pub fn identity_claim(mut self, claim: impl Into<String>) -> Self {
        self.identity_claim = Some(claim.into());
        self
    }

    /// Sets how far clocks may differ, in whole seconds: for how long a token
    /// is accepted before its `nbf` and after its `exp`. Default:
    /// [`DEFAULT_LEEWAY`](Self::DEFAULT_LEEWAY); an hour at most.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(Duration::from_secs(60 * 60));
        self
    }

    /// Sets how old keys get before they are fetched again, beside the request
    /// that notices. Default:
    /// [`DEFAULT_REFRESH_KEYS_AFTER`](Self::DEFAULT_REFRESH_KEYS_AFTER).
    pub fn refresh_keys_after(mut self, age: Duration) -> Self {
        self.times.refresh_after = age;
        self
    }

    /// Sets how long keys are used while no newer ones can be fetched. Default:
    /// [`DEFAULT_KEEP_KEYS_FOR`](Self::DEFAULT_KEEP_KEYS_FOR).
    pub fn keep_keys_for(mut self, age: Duration) -> Self {
        self.times.max_age = age;
        self
    }

    /// Sets how far two fetches from one authorization server are apart at
    /// least. Tokens whose key is not known cause none in between. Default:
    /// [`DEFAULT_FETCH_KEYS_EVERY`](Self::DEFAULT_FETCH_KEYS_EVERY).
    pub fn fetch_keys_every(mut self, interval: Duration) -> Self {
        self.times.min_interval = interval;
        self
    }

    /// Sets how long a fetch of keys may take, discovery included. Default:
    /// [`DEFAULT_FETCH_TIMEOUT`](Self::DEFAULT_FETCH_TIMEOUT).
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.times.timeout = timeout;
        self
    }

    /// Sets how many valid tokens are remembered, so that their signature is not
    /// checked with every request: by their digest, and only while another check
    /// would end the same way. The times are compared each time, and when keys
    /// were fetched again, the signature is checked again. Tokens over 4 KiB are
    /// not remembered. Applies to JWTs. Default:
    /// [`DEFAULT_REMEMBERED_TOKENS`](Self::DEFAULT_REMEMBERED_TOKENS); 0 checks
    /// every signature of every request.
    pub fn remember_tokens(mut self, count: usize) -> Self {
        self.remembered_tokens = count;
        self
    }

    /// Sets the HTTP client that fetches keys, for TLS or a proxy of your own.
    /// It should follow no redirects. Default: one with the TLS that reqwest
    /// was built with.
    pub fn http_client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Checks tokens with `verifier`, and not as JWTs. The authorization
    /// servers still have to be named: clients look for them.
    ///
    /// While it panics, or takes longer than
    /// [`verifier_timeout`](Self::verifier_timeout), requests are answered with
    /// HTTP 503, and counted.
    pub fn verifier(mut self, verifier: impl TokenVerifier) -> Self {
        self.verifier = Some(Arc::new(verifier));
        self
    }

    /// Sets how long [`verifier`](Self::verifier) may take for a token. One that
    /// blocks its thread cannot be interrupted. Default:
    /// [`DEFAULT_VERIFIER_TIMEOUT`](Self::DEFAULT_VERIFIER_TIMEOUT).
    pub fn verifier_timeout(mut self, timeout: Duration) -> Self {
        self.verifier_timeout = timeout;
        self
    }

    /// Protects services of your own router: those of
    /// [`http::service`](crate::http::service), or rmcp's. Add the layer's
    /// [`metadata_router`](AuthLayer::metadata_router) beside them.
    ///
    /// # Errors
    ///
    /// If a URL or a scope is not usable, no authorization server is named, one
    /// is named twice, or there is no HTTP client.
    pub fn into_layer(self) -> Result<AuthLayer, AuthError> {
        self.into_layer_for(Needs::default(), UnknownSessions::Pass)
    }

    /// A layer that knows which scopes requests need.
    pub(crate) fn into_layer_for(
        self,
        needs: Needs,
        unknown_sessions: UnknownSessions,
    ) -> Result<AuthLayer, AuthError> {
        let resource = resource_url(&self.resource)?;
        let counters = Arc::new(Counters::default());
        let issuers: Vec<String> = self
            .servers
            .iter()
            .map(|server| server.issuer.clone())
            .collect();
        check_issuers(&issuers)?;
        let mut scopes = self.required_scopes.clone();
        scopes.extend(needs.all().flatten().map(|scope| (*scope).to_owned()));
        if !self.scopes_supported.is_empty() {
            scopes = self.scopes_supported.clone();
        }
        scopes.sort_unstable();
        scopes.dedup();
        check_scopes(scopes.iter().chain(&self.required_scopes))?;
        let metadata = ResourceMetadata::new(
            &self.resource,
            &resource,
            self.name.as_deref(),
            &issuers,
            &scopes,
        );
        let challenges = Challenges {
            resource_metadata: metadata.url(&resource),
        };
        let required_scopes = self.required_scopes.clone();
        let verifier = match &self.verifier {
            Some(verifier) => Arc::new(Guarded::new(
                Arc::clone(verifier),
                self.verifier_timeout,
                Arc::clone(&counters),
            )),
            None => self.jwt_verifier(&counters)?,
        };
        Ok(AuthLayer(Arc::new(Protection {
            verifier,
            challenges,
            metadata,
            required_scopes,
            needs,
            sessions: Sessions::new(unknown_sessions, Arc::clone(&counters)),
            counters,
        })))
    }

    fn jwt_verifier(self, counters: &Arc<Counters>) -> Result<SharedVerifier, AuthError> {
        let client = match self.client {
            Some(client) => client,
            None => fetch::client()?,
        };
        let mut issuers = Vec::with_capacity(self.servers.len());
        for AuthorizationServer { issuer, jwks_uri } in self.servers {
            let source = match jwks_uri {
                Some(uri) => KeySource::Uri(safe_url(&uri)?),
                None => KeySource::Discovery {
                    url: safe_url(&issuer)?,
                    issuer: issuer.clone(),
                },
            };
            let keys = Keys::new(
                issuer.clone(),
                source,
                client.clone(),
                self.times,
                Arc::clone(counters),
            );
            issuers.push((issuer, keys));
        }
        let mut audiences = self.audiences;
        audiences.extend(names(&self.resource));
        let verifier = JwtVerifier::new(
            issuers,
            &audiences,
            self.leeway,
            self.identity_claim,
            self.remembered_tokens,
            counters,
        );
        Ok(Arc::new(verifier))
    }
}

/// How tokens may name a resource. Without a path it has two names, and clients
/// use either (RFC 3986, section 6.2.3).
pub(super) fn names(resource: &str) -> Vec<String> {
    let Some(root) = Url::parse(resource).ok().filter(|url| url.path() == "/") else {
        return vec![resource.to_owned()];
    };
    let with_slash = String::from(root);
    let without = with_slash.trim_end_matches('/').to_owned();
    let mut names = vec![resource.to_owned(), without, with_slash];
    names.sort_unstable();
    names.dedup();
    names
}

fn resource_url(resource: &str) -> Result<Url, AuthError> {
    let invalid = |reason| AuthError::Resource {
        resource: resource.to_owned(),
        reason,
    };
    let url = Url::parse(resource).map_err(|_| invalid("it is not a URL"))?;
    if !fetch::is_safe(&url) {
        return Err(invalid("it has to be https, or http on this machine"));
    }
    if url.fragment().is_some() || url.query().is_some() {
        return Err(invalid("it has a query or a fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it has credentials"));
    }
    Ok(url)
}

pub(super) fn safe_url(text: &str) -> Result<Url, AuthError> {
    let invalid = |reason| AuthError::Url {
        url: text.to_owned(),
        reason,
    };
    let url = Url::parse(text).map_err(|_| invalid("it is not a URL"))?;
    if !fetch::is_safe(&url) {
        return Err(invalid("it has to be https, or http on this machine"));
    }
    Ok(url)
}

fn check_issuers(issuers: &[String]) -> Result<(), AuthError> {
    if issuers.is_empty() {
        return Err(AuthError::NoAuthorizationServer);
    }
    for (index, issuer) in issuers.iter().enumerate() {
        safe_url(issuer)?;
        if issuers.iter().take(index).any(|other| other == issuer) {
            return Err(AuthError::DuplicateIssuer {
                issuer: issuer.clone(),
            });
        }
    }
    Ok(())
}

/// What clients ask for to get refresh tokens (OpenID Connect Core 1.0, section
/// 11).
const OFFLINE_ACCESS: &str = "offline_access";

/// RFC 6749, section 3.3; MCP, Refresh Tokens.
fn check_scopes<'a>(mut scopes: impl Iterator<Item = &'a String>) -> Result<(), AuthError> {
    let is_scope = |scope: &str| {
        !scope.is_empty()
            && scope
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    };
    match scopes.find(|scope| !is_scope(scope) || *scope == OFFLINE_ACCESS) {
        None => Ok(()),
        Some(scope) if scope == OFFLINE_ACCESS => Err(AuthError::OfflineAccess),
        Some(scope) => Err(AuthError::Scope {
            scope: scope.clone(),
        }),
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Auth")
            .field("resource", &self.resource)
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::new()
    }

    fn error(auth: Auth) -> String {
        auth.http_client(client())
            .into_layer()
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn says_what_is_wrong() {
        let auth = || Auth::new("https://mcp.example.com/mcp");
        let complete = || auth().authorization_server("https://auth.example.com");
        assert!(complete().http_client(client()).into_layer().is_ok());
        for (auth, message) in [
            (
                auth(),
                "nobody issues tokens for this server; name who does: `.authorization_server(\"https://..\")`",
            ),
            (
                Auth::new("mcp"),
                "`mcp` cannot be the server's URL: it is not a URL",
            ),
            (
                Auth::new("http://mcp.example.com"),
                "`http://mcp.example.com` cannot be the server's URL: it has to be https, or http on this machine",
            ),
            (
                Auth::new("https://mcp.example.com/mcp#a"),
                "`https://mcp.example.com/mcp#a` cannot be the server's URL: it has a query or a fragment",
            ),
            (
                complete().authorization_server("https://auth.example.com"),
                "the authorization server `https://auth.example.com` is named twice; keep one",
            ),
            (
                auth().authorization_server("http://auth.example.com"),
                "`http://auth.example.com` cannot be used: it has to be https, or http on this machine",
            ),
            (
                auth().authorization_server(
                    AuthorizationServer::new("https://auth.example.com").with_jwks_uri("keys"),
                ),
                "`keys` cannot be used: it is not a URL",
            ),
            (
                complete().required_scopes(["a", "offline_access"]),
                "`offline_access` is not a server's to ask for: refresh tokens are between clients and their authorization server; leave it out",
            ),
            (
                complete().required_scopes(["a b"]),
                "`a b` is not a scope: a scope has no spaces, quotes, backslashes or control characters",
            ),
        ] {
            assert_eq!(error(auth), message);
        }
    }
}
