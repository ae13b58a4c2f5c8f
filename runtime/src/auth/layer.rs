//! Tokens are checked before anything else looks at a request.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt as _, Limited};
use tower_layer::Layer;
use tower_service::Service;

use super::bearer::{self, NoToken};
use super::challenge::{Challenges, Refusal};
use super::counts::{AuthCounts, Counters};
use super::identity::Identity;
use super::jwt::SharedVerifier;
use super::metadata::ResourceMetadata;
use super::needs::Needs;
use super::sessions::Sessions;
use super::step_up::{self, StepUp};
use super::verifier::TokenError;
use crate::instrument::{EarlierStage, StageTimer};

/// Phase in which the token is checked.
const VALIDATE: &str = "auth.validate";
const SESSION_ID: &str = "mcp-session-id";

/// Bytes of a request that has to be read before it is handled: what rmcp
/// takes, at most.
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Protects the service of an MCP endpoint: a tower layer, made by
/// [`Auth::into_layer`](super::Auth::into_layer).
///
/// Cheap to clone; clones are the same layer.
///
/// # Examples
///
/// ```
/// use glassbox::auth::Auth;
/// use glassbox::{Instrumented, http};
/// use rmcp::ServerHandler;
/// use rmcp::transport::StreamableHttpServerConfig;
///
/// struct Counter;
///
/// impl ServerHandler for Counter {}
///
/// # // The examples build reqwest without a provider for TLS, and all members of a workspace share one build.
/// # let _ = rustls::crypto::ring::default_provider().install_default();
/// # fn router() -> Result<axum::Router, glassbox::auth::AuthError> {
/// let auth = Auth::new("https://mcp.example.com/mcp")
///     .authorization_server("https://auth.example.com")
///     .into_layer()?;
/// let service = http::service(Instrumented::new(Counter), StreamableHttpServerConfig::default());
/// let router = axum::Router::new()
///     .route_service("/mcp", auth.protect(service))
///     .merge(auth.metadata_router());
/// # Ok(router)
/// # }
/// # router().unwrap();
/// ```
#[derive(Clone)]
pub struct AuthLayer(pub(super) Arc<Protection>);

/// What a layer and its services share.
pub(super) struct Protection {
    pub(super) verifier: SharedVerifier,
    pub(super) challenges: Challenges,
    pub(super) metadata: ResourceMetadata,
    pub(super) required_scopes: Vec<String>,
    pub(super) needs: Needs,
    pub(super) sessions: Sessions,
    pub(super) counters: Arc<Counters>,
}

impl AuthLayer {
    /// Protects `service`: what reaches it has a valid token, and an
    /// [`Identity`] in its extensions.
    pub fn protect<S>(&self, service: S) -> AuthService<S> {
        AuthService {
            inner: service,
            protection: Arc::clone(&self.0),
        }
    }

    /// Serves the protected resource metadata (RFC 9728), which everybody may
    /// read, under `/.well-known/oauth-protected-resource`.
    pub fn metadata_router(&self) -> Router {
        self.0.metadata.router()
    }

    /// What became of requests so far.
    #[must_use]
    pub fn counts(&self) -> AuthCounts {
        self.0.counters.counts()
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        self.protect(inner)
    }
}

impl fmt::Debug for AuthLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthLayer")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// A service behind an [`AuthLayer`].
#[derive(Clone)]
pub struct AuthService<S> {
    inner: S,
    protection: Arc<Protection>,
}

impl<S> fmt::Debug for AuthService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthService")
            .field("counts", &self.protection.counters.counts())
            .finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
    R: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was polled is ready, its clone may not be.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let protection = Arc::clone(&self.protection);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let admitted = match protection.admit(parts).await {
                Ok(admitted) => admitted,
                Err(refused) => return Ok(refused),
            };
            let Admitted {
                mut parts,
                identity,
                note,
            } = admitted;
            let ended = ended_session(&parts);
            let mut body = Body::new(body);
            let mut is_refusal_expected = false;
            if parts.method == Method::POST && protection.may_refuse(&identity) {
                let collected = Limited::new(body, MAX_REQUEST_BYTES).collect().await;
                let Ok(collected) = collected else {
                    return Ok(too_large());
                };
                let bytes = collected.to_bytes();
                is_refusal_expected = protection.refuses(&bytes, &identity);
                body = Body::from(bytes);
            }
            parts.extensions.insert(identity.clone());
            let mut response = inner
                .call(Request::from_parts(parts, body))
                .await?
                .map(Body::new);
            if is_refusal_expected {
                response = step_up::into_json(response).await;
            }
            protection.finish(&mut response, &identity, &note);
            if let Some(session) = ended.filter(|_| response.status().is_success()) {
                protection.sessions.end(&session);
            }
            Ok(response)
        })
    }
}

/// A request with a valid token.
struct Admitted {
    parts: Parts,
    identity: Identity,
    note: StepUp,
}

impl Protection {
    /// Checks the token, and leaves with the request what is learned from it.
    async fn admit(&self, mut parts: Parts) -> Result<Admitted, Response<Body>> {
        let timer = StageTimer::start(VALIDATE);
        let token = bearer::token(&parts).map_err(|reason| self.refuse_missing(reason))?;
        let verified = self.verifier.verify(token).await;
        let identity = verified.map_err(|reason| self.refuse(reason))?;
        let mut required = self.required_scopes.iter();
        if !required.all(|scope| identity.has_scope(scope)) {
            self.counters.insufficient_scope.increment();
            return Err(self.response(Refusal::InsufficientScope));
        }
        let session = parts.headers.get(SESSION_ID);
        if let Some(session) = session.and_then(|id| id.to_str().ok())
            && !self.sessions.is_open_to(session, &identity)
        {
            self.counters.foreign_sessions.increment();
            return Err(not_found());
        }
        self.counters.accepted.increment();
        if let Some(header) = parts.headers.get_mut(header::AUTHORIZATION) {
            header.set_sensitive(true);
        }
        let note = StepUp::default();
        let stage: EarlierStage = timer.end();
        parts.extensions.insert(stage);
        parts.extensions.insert(note.clone());
        Ok(Admitted {
            parts,
            identity,
            note,
        })
    }

    fn refuse_missing(&self, reason: NoToken) -> Response<Body> {
        self.counters.of_missing(reason).increment();
        tracing::debug!(?reason, "a request without a usable token was refused");
        self.response(match reason {
            NoToken::Missing => Refusal::Missing,
            NoToken::InvalidRequest => Refusal::InvalidRequest,
            NoToken::Malformed => Refusal::InvalidToken,
        })
    }

    fn refuse(&self, reason: TokenError) -> Response<Body> {
        self.counters.of_refused(reason).increment();
        tracing::debug!(%reason, "an access token was refused");
        self.response(match reason {
            TokenError::Unavailable => Refusal::Unavailable,
            _ => Refusal::InvalidToken,
        })
    }

    fn response(&self, refusal: Refusal) -> Response<Body> {
        self.challenges.response(refusal, &self.required_scopes)
    }

    /// Whether there is anything that this caller may not ask for.
    fn may_refuse(&self, identity: &Identity) -> bool {
        let mut needed = self.needs.all();
        needed.any(|scopes| !step_up::has_all(Some(identity), scopes))
    }

    /// Whether `body` asks for it.
    fn refuses(&self, body: &[u8], identity: &Identity) -> bool {
        !step_up::has_all(Some(identity), self.needs.of(body))
    }

    /// Makes the answer what the handler decided, and notes whose session it
    /// opened.
    fn finish(&self, response: &mut Response<Body>, identity: &Identity, note: &StepUp) {
        let session = response.headers().get(SESSION_ID);
        if let Some(session) = session.and_then(|id| id.to_str().ok()) {
            self.sessions.bind(session, identity);
        }
        let Some(needed) = note.scopes() else {
            return;
        };
        self.counters.insufficient_scope.increment();
        let mut scopes = self.required_scopes.clone();
        scopes.extend(needed.iter().cloned());
        scopes.dedup();
        let header = self.challenges.header(Refusal::InsufficientScope, &scopes);
        step_up::challenge(response, header);
    }
}

/// The session that a request ends if it succeeds.
fn ended_session(parts: &Parts) -> Option<String> {
    let session = parts.headers.get(SESSION_ID)?.to_str().ok()?;
    (parts.method == Method::DELETE).then(|| session.to_owned())
}

/// As rmcp answers for a session that does not exist.
fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::from("Not Found: Session not found"));
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    response
}

fn too_large() -> Response<Body> {
    let mut response = Response::new(Body::from("Payload Too Large"));
    *response.status_mut() = http::StatusCode::PAYLOAD_TOO_LARGE;
    response
}
