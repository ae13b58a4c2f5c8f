//! Errors as RFC 6749, section 5.2, words them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error of an endpoint that programs call. Descriptions hold nothing of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OAuthError {
    status: StatusCode,
    pub(super) code: &'static str,
    pub(super) description: &'static str,
}

impl OAuthError {
    pub(super) const fn new(code: &'static str, description: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            description,
        }
    }

    pub(super) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) const fn invalid_request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) const fn invalid_grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(super) const fn invalid_scope() -> Self {
        Self::new(
            "invalid_scope",
            "a scope is unknown, or more than was granted",
        )
    }

    /// RFC 8707, section 2.
    pub(super) const fn invalid_target(description: &'static str) -> Self {
        Self::new("invalid_target", description)
    }

    pub(super) const fn full() -> Self {
        Self::new(
            "temporarily_unavailable",
            "the provider holds as much as it can; try again later",
        )
        .with_status(StatusCode::SERVICE_UNAVAILABLE)
    }

    pub(super) const fn server_error() -> Self {
        Self::new("server_error", "the provider could not do it")
            .with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) const fn repeated() -> Self {
        Self::invalid_request("a parameter stands there twice")
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.code, "error_description": self.description});
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Basic realm="identity provider""#);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
