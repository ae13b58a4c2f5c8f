//! OAuth 2.0: access tokens by a refresh token.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenType};
use oauth2::{
    AuthType, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, RefreshToken, RequestTokenError, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use url::Url;

use super::error::TokenError;
use super::fetch;
use super::provider::{TokenProvider, TokenState};

/// How long a refresh may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long before its end a token is replaced; of short-lived ones, half their
/// life.
const EARLY: Duration = Duration::from_secs(60);

type Endpoint =
    BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
type Answer = StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType>;

/// Access tokens of one account, by a refresh token (RFC 6749, section 6).
///
/// A token is kept until a minute before its end. Calls that need a new one at
/// the same time share one request, and its failure; it is not tried again
/// before the next call. A new refresh token replaces the old one for as long as
/// the process lives.
///
/// It is the same for every user: whoever may call the tools acts for the
/// account.
#[derive(Clone)]
pub struct RefreshingToken(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    client: Client,
    state: Mutex<State>,
    /// Refreshes that have ended.
    refreshed: AtomicU64,
}

struct State {
    refresh_token: SecretString,
    access: Option<Access>,
    failure: Option<TokenError>,
}

struct Access {
    token: SecretString,
    /// When it is replaced, and when it ends; never, if the service has not said.
    due: Option<Instant>,
    end: Option<Instant>,
}

impl RefreshingToken {
    /// Refreshes at `endpoint`, as this OAuth client. Confidential clients have
    /// a secret; it goes into the request's body, as Google has it. The HTTP
    /// client should follow no redirects.
    pub fn new(
        endpoint: Url,
        client: Client,
        client_id: impl Into<String>,
        client_secret: Option<SecretString>,
        refresh_token: impl Into<SecretString>,
    ) -> Self {
        let mut oauth = BasicClient::new(ClientId::new(client_id.into()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::from_url(endpoint));
        if let Some(secret) = client_secret {
            let secret = ClientSecret::new(secret.expose_secret().to_owned());
            oauth = oauth.set_client_secret(secret);
        }
        Self(Arc::new(Inner {
            endpoint: oauth,
            client,
            state: Mutex::new(State {
                refresh_token: refresh_token.into(),
                access: None,
                failure: None,
            }),
            refreshed: AtomicU64::new(0),
        }))
    }

    /// Requests for new tokens so far, good or not.
    #[must_use]
    pub fn refreshes(&self) -> u64 {
        self.0.refreshed.load(Ordering::Acquire)
    }
}

impl TokenProvider for RefreshingToken {
    async fn token(&self, _: Option<&str>) -> Result<TokenState, TokenError> {
        let before = self.0.refreshed.load(Ordering::Acquire);
        let mut state = self.0.state.lock().await;
        let now = Instant::now();
        if let Some(access) = state.access.as_ref().filter(|access| access.is_fresh(now)) {
            return Ok(TokenState::Ready(access.token.clone()));
        }
        // Somebody else's request went wrong while this call waited for it.
        let is_shared = self.0.refreshed.load(Ordering::Acquire) != before;
        let failure = match (&state.failure, is_shared) {
            (Some(failure), true) => Some(failure.clone()),
            _ => self.0.refresh(&mut state).await.err(),
        };
        let now = Instant::now();
        match (&state.access, failure) {
            (Some(access), None) => Ok(TokenState::Ready(access.token.clone())),
            // Better the old one as long as it lasts.
            (Some(access), Some(_)) if access.lives(now) => {
                Ok(TokenState::Ready(access.token.clone()))
            }
            (_, Some(failure)) => Err(failure),
            (None, None) => Err(TokenError::InvalidAnswer),
        }
    }
}

impl Inner {
    async fn refresh(&self, state: &mut State) -> Result<(), TokenError> {
        let refresh_token = RefreshToken::new(state.refresh_token.expose_secret().to_owned());
        let client = self.client.clone();
        let send = move |request| send(client.clone(), request);
        let request = self.endpoint.exchange_refresh_token(&refresh_token);
        let answer = request
            .request_async(&send)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(Failure(error)) => error,
                RequestTokenError::ServerResponse(answer)
                    if answer.error() == &BasicErrorResponseType::InvalidGrant =>
                {
                    TokenError::Revoked
                }
                RequestTokenError::ServerResponse(_) => {
                    TokenError::Refused(http::StatusCode::BAD_REQUEST)
                }
                _ => TokenError::InvalidAnswer,
            });
        let outcome = answer.and_then(|answer| state.take(&answer));
        state.failure = outcome.clone().err();
        self.refreshed.fetch_add(1, Ordering::Release);
        outcome
    }
}

async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (parts, body) = request.into_parts();
    let request = client.request(parts.method, parts.uri.to_string());
    let request = request.headers(parts.headers).body(body);
    let (status, body) = fetch::send(request, TIMEOUT).await.map_err(Failure)?;
    if status.is_server_error() {
        return Err(Failure(TokenError::Refused(status)));
    }
    let mut answer = HttpResponse::new(body.expose_secret().clone());
    *answer.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    answer
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    Ok(answer)
}

impl State {
    fn take(&mut self, answer: &Answer) -> Result<(), TokenError> {
        let now = Instant::now();
        let lifetime = answer.expires_in();
        let early = |lifetime: Duration| lifetime.saturating_sub(EARLY.min(lifetime / 2));
        self.access = Some(Access {
            token: fetch::usable(answer.access_token().secret().clone())?,
            due: lifetime.and_then(|lifetime| now.checked_add(early(lifetime))),
            end: lifetime.and_then(|lifetime| now.checked_add(lifetime)),
        });
        if let Some(token) = answer.refresh_token() {
            self.refresh_token = SecretString::from(token.secret().clone());
        }
        Ok(())
    }
}

impl Access {
    fn is_fresh(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| now < due)
    }

    fn lives(&self, now: Instant) -> bool {
        self.end.is_none_or(|end| now < end)
    }
}

/// Says nothing: oauth2 wants errors to have words.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Failure(TokenError);

impl fmt::Debug for RefreshingToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RefreshingToken")
            .field("refreshes", &self.refreshes())
            .finish_non_exhaustive()
    }
}
