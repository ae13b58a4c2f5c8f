//! Signing in: how the agent gets the token that a server asks for.
//!
//! OAuth 2.1, as MCP, Authorization has it. Nothing happens before a server answers 401; what it says there leads to its
//! metadata (RFC 9728), they to the authorization server's (RFC 8414), and those to a page where the user consents (PKCE,
//! RFC 7636). The agent is known there by an id that it was given, by the URL of its metadata document, or by
//! registration (RFC 7591).
//!
//! ```text
//! visit      gets the user to the page            cache   sign-ins on disk
//! callback   where the browser comes back to      error   why nobody is signed in
//! ```
//!
//! Protocol and PKCE are rmcp's. What is done here: only one answer counts, to this sign-in (`state`) and from who was asked
//! (`iss`, RFC 9207), and it is waited for only so long.

mod cache;
mod callback;
mod error;
mod visit;

use std::time::Duration;

use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadata, AuthorizationMetadataSource,
    AuthorizationRequest, AuthorizationSession, WWWAuthenticateParams,
};
use serde_json::Value;
use url::Url;

use self::callback::{Answer, Callback, Outcome};
use crate::http::OAUTH_TIMEOUT;
use crate::screen::cut;

pub use self::cache::TokenCache;
pub use self::error::SignInError;
pub(crate) use self::visit::safe_page;
pub use self::visit::{Notice, Visit, Visitor};

/// What the agent calls itself where it registers: what people read when they are asked to consent.
const CLIENT_NAME: &str = "Glassbox Gmail agent";
/// Columns of what a sign-in lacks.
const MAX_SCOPES: usize = 120;
/// The member of metadata that says that every answer names its issuer (RFC 9207, section 3).
const ISSUER_IN_ANSWERS: &str = "authorization_response_iss_parameter_supported";
/// How long a person may take to sign in, unless set otherwise.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How to sign in where a server asks for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignIn {
    /// Who opens the page. Default: the user's browser.
    pub visit: Visit,
    /// Where sign-ins are kept. Default: nowhere, they end with the process.
    pub cache: Option<TokenCache>,
    /// The id that the authorization server has given to this agent. Default: none; it registers.
    pub client_id: Option<String>,
    /// The URL of a metadata document for this agent, which is its id where the authorization server supports that.
    pub client_metadata_url: Option<String>,
    /// The scopes to ask for. Default: those that the server names.
    pub scopes: Vec<String>,
    /// How long a person may take. Default: 5 minutes.
    pub timeout: Duration,
    /// Where it is said what goes on. Default: on standard error.
    pub notice: Notice,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            visit: Visit::default(),
            cache: None,
            client_id: None,
            client_metadata_url: None,
            scopes: Vec::new(),
            timeout: TIMEOUT,
            notice: Notice::default(),
        }
    }
}

impl SignIn {
    /// Signs in as before, if that is known, or anew, and says whether it was anew. `challenge` is what the server said
    /// (`WWW-Authenticate`).
    pub(crate) async fn resume(
        &self,
        server: &Url,
        challenge: &str,
    ) -> Result<(AuthorizationManager, bool), SignInError> {
        let mut found = self.discover(server, challenge).await?;
        if self.cache.is_some() && found.manager.initialize_from_store().await? {
            return Ok((found.manager, false));
        }
        Ok((self.authorize(found, Vec::new()).await?, true))
    }

    /// Signs in anew: what is known does not help, because it was revoked, or is not enough. Then it is asked for what was
    /// granted before, and what the server wants besides (MCP, Step-Up Authorization Flow).
    pub(crate) async fn renew(
        &self,
        server: &Url,
        challenge: &str,
        granted: Vec<String>,
    ) -> Result<AuthorizationManager, SignInError> {
        let wanted = WWWAuthenticateParams::parse(challenge, server);
        let mut scopes = granted;
        let lacking = wanted.scope.iter().flat_map(|scope| scope.split(' '));
        let mut lacking: Vec<_> = lacking.map(str::to_owned).collect();
        lacking.retain(|scope| !scope.is_empty() && !scopes.contains(scope));
        if wanted.is_insufficient_scope() {
            self.notice.say(&format!(
                "This needs more than the sign-in allows: {}. Signing in again.",
                cut(&lacking.join(", "), MAX_SCOPES)
            ));
        }
        scopes.extend(lacking);
        self.authorize(self.discover(server, challenge).await?, scopes)
            .await
    }

    /// Finds the authorization server.
    async fn discover(&self, server: &Url, challenge: &str) -> Result<Found, SignInError> {
        crate::http::install_crypto();
        let mut manager = AuthorizationManager::new(server.clone()).await?;
        if crate::http::is_loopback(server) {
            // Past proxies. Elsewhere rmcp's own client is used, which refuses addresses of private networks.
            let client = crate::http::client(server).timeout(OAUTH_TIMEOUT).build();
            manager.with_client(client.map_err(AuthError::HttpError)?)?;
        }
        let challenge = Some(challenge);
        let resolved = manager.resolve_metadata_from_challenge(challenge).await?;
        if resolved.source == AuthorizationMetadataSource::LegacyEndpointFallback {
            return Err(SignInError::NoAuthorizationServer);
        }
        let issuer = Issuer::new(&resolved.metadata);
        manager.set_metadata(resolved.metadata);
        if let Some(cache) = &self.cache {
            manager.set_credential_store(cache.entry(&issuer.url, server, self.notice.clone()));
        }
        Ok(Found {
            server: server.clone(),
            issuer,
            manager,
        })
    }

    /// Asks the user for these scopes; for none in particular, those that the server's challenge names.
    async fn authorize(
        &self,
        found: Found,
        scopes: Vec<String>,
    ) -> Result<AuthorizationManager, SignInError> {
        let callback = Callback::listen().await?;
        let request = self.request(callback.redirect_uri(), scopes);
        let session = AuthorizationSession::new(found.manager, request).await;
        let session = session.map_err(|(_, error)| error)?;
        let page = safe_page(session.get_authorization_url(), &found.server)?;
        let state = page.query_pairs().find(|(key, _)| key == "state");
        let state = state.ok_or(AuthError::NoAuthorizationSupport)?.1;
        let mut waiting = callback.expect(&state);
        let answer = tokio::select! {
            answer = tokio::time::timeout(self.timeout, waiting.answer()) => answer,
            error = self.visit.go(&page, &self.notice) => return Err(error),
        };
        let timed_out = |_| SignInError::TimedOut {
            after: self.timeout,
            refused: waiting.refused(),
        };
        let answer = answer.map_err(timed_out)?;
        let (answer, verdict) = answer.ok_or(SignInError::Closed)?;
        let outcome = match found.issuer.check(answer.issuer.as_deref()) {
            Ok(()) => answer.exchange(&session).await,
            Err(error) => Err(error),
        };
        // The browser may be gone.
        let _ = verdict.send(outcome.is_ok());
        waiting.close().await;
        outcome.map(|()| session.auth_manager)
    }

    fn request(&self, redirect_uri: &str, mut scopes: Vec<String>) -> AuthorizationRequest {
        scopes.extend(self.scopes.iter().cloned());
        let mut request = AuthorizationRequest::new(redirect_uri)
            .with_client_name(CLIENT_NAME)
            .with_initial_scope_selection()
            .with_scopes(scopes);
        if let Some(id) = &self.client_id {
            request = request.with_preregistered_client(id);
        }
        if let Some(url) = &self.client_metadata_url {
            request = request.with_client_metadata_url(url);
        }
        request
    }
}

/// An authorization server that was found.
struct Found {
    server: Url,
    issuer: Issuer,
    manager: AuthorizationManager,
}

/// Who has to have answered (RFC 9207).
struct Issuer {
    url: String,
    is_always_named: bool,
}

impl Issuer {
    fn new(metadata: &AuthorizationMetadata) -> Self {
        let flag = metadata.additional_fields.get(ISSUER_IN_ANSWERS);
        Self {
            url: metadata.issuer.clone().unwrap_or_default(),
            is_always_named: flag.and_then(Value::as_bool).unwrap_or(false),
        }
    }

    /// Checks who says that an answer, or a refusal, is theirs.
    fn check(&self, named: Option<&str>) -> Result<(), SignInError> {
        match named {
            Some(named) if named == self.url => Ok(()),
            None if !self.is_always_named => Ok(()),
            _ => Err(SignInError::WrongIssuer),
        }
    }
}

impl Answer {
    /// Gets tokens for a code, if it is one.
    async fn exchange(self, session: &AuthorizationSession) -> Result<(), SignInError> {
        let (state, issuer) = (&self.state, self.issuer.as_deref());
        match self.outcome {
            Outcome::Code(code) => session
                .handle_callback_with_issuer(&code, state, issuer)
                .await
                .map(drop)
                .map_err(Into::into),
            Outcome::Error { error, description } => {
                Err(SignInError::refused(&error, description.as_deref()))
            }
        }
    }
}
