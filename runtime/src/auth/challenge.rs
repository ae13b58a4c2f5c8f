//! What refused clients are told (RFC 6750, section 3; RFC 9728, section 5.1).
//!
//! One text for all reasons of a kind: whoever guesses does not learn how close
//! the guess was.

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

/// After how many seconds a client may try again when tokens cannot be checked.
const RETRY_SECONDS: u16 = 10;

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no token.
    Missing,
    /// The token is in the wrong place, or there are several.
    InvalidRequest,
    /// The token is not valid, for whatever reason.
    InvalidToken,
    /// The token is valid, but not for this.
    InsufficientScope,
    /// The token cannot be checked.
    Unavailable,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Missing | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing_token",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::Unavailable => "temporarily_unavailable",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Missing => "an access token is needed, as Authorization: Bearer",
            Self::InvalidRequest => "send one access token, in one Authorization header",
            Self::InvalidToken => "the access token is not valid for this server",
            Self::InsufficientScope => "the access token lacks a scope that this needs",
            Self::Unavailable => "access tokens cannot be checked at the moment",
        }
    }
}

/// What all challenges of a server have in common.
#[derive(Debug, Clone)]
pub(super) struct Challenges {
    /// URL of the protected resource metadata.
    pub(super) resource_metadata: String,
}

impl Challenges {
    /// The answer to a refused request. `scopes` are those that the request
    /// needs.
    pub(super) fn response(&self, refusal: Refusal, scopes: &[String]) -> Response<Body> {
        let body = json!({"error": refusal.code(), "error_description": refusal.description()});
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = refusal.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if refusal == Refusal::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
        } else if let Some(challenge) = self.header(refusal, scopes) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    /// The `WWW-Authenticate` header. Without a token there is no `error`: the
    /// client has made no mistake (RFC 6750, section 3.1).
    pub(super) fn header(&self, refusal: Refusal, scopes: &[String]) -> Option<HeaderValue> {
        let mut parameters = Vec::new();
        if refusal != Refusal::Missing {
            parameters.push(("error", refusal.code().to_owned()));
            parameters.push(("error_description", refusal.description().to_owned()));
        }
        if !scopes.is_empty() {
            parameters.push(("scope", scopes.join(" ")));
        }
        parameters.push(("resource_metadata", self.resource_metadata.clone()));
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        HeaderValue::try_from(format!("Bearer {}", parameters.join(", "))).ok()
    }
}
