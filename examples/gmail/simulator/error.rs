//! Errors as Google words them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

const EXPECTED: &str = "Expected OAuth 2 access token, login cookie or other valid authentication credential. \
    See https://developers.google.com/identity/sign-in/web/devconsole-project.";

/// An error body of the Gmail API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    code: StatusCode,
    status: &'static str,
    reason: &'static str,
    message: String,
}

impl ApiError {
    fn new(
        code: StatusCode,
        status: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            status,
            reason,
            message: message.into(),
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "INVALID_ARGUMENT",
            "invalidArgument",
            message,
        )
    }

    /// A parameter that does not parse, for example `max_results` as `TYPE_UINT32`.
    pub(super) fn invalid_value(parameter: &str, kind: &str, value: &str) -> Self {
        Self::invalid(format!(
            "Invalid value at '{parameter}' ({kind}), \"{value}\""
        ))
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "notFound",
            "Requested entity was not found.",
        )
    }

    pub(super) fn no_such_method() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "notFound",
            "Method not found.",
        )
    }

    pub(super) fn delegation_denied() -> Self {
        let message = format!("Delegation denied for {}", super::mailbox::ACCOUNT);
        Self::new(
            StatusCode::FORBIDDEN,
            "PERMISSION_DENIED",
            "forbidden",
            message,
        )
    }

    pub(super) fn no_credentials() -> Self {
        let message = format!("Request is missing required authentication credential. {EXPECTED}");
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "required",
            message,
        )
    }

    pub(super) fn wrong_credentials() -> Self {
        let message = format!("Request had invalid authentication credentials. {EXPECTED}");
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "authError",
            message,
        )
    }

    /// What Google answers with a status, for a simulator that was told to fail.
    pub(super) fn injected(code: u16) -> Self {
        let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (status, reason, message) = match code.as_u16() {
            401 => return Self::wrong_credentials(),
            404 => return Self::not_found(),
            403 => (
                "PERMISSION_DENIED",
                "insufficientPermissions",
                "Request had insufficient authentication scopes.",
            ),
            429 => (
                "RESOURCE_EXHAUSTED",
                "rateLimitExceeded",
                "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service \
                 'gmail.googleapis.com'.",
            ),
            503 => (
                "UNAVAILABLE",
                "backendError",
                "The service is currently unavailable.",
            ),
            504 => (
                "DEADLINE_EXCEEDED",
                "backendError",
                "The request timed out.",
            ),
            400..=499 => (
                "FAILED_PRECONDITION",
                "failedPrecondition",
                "Precondition check failed.",
            ),
            _ => ("INTERNAL", "backendError", "Internal error encountered."),
        };
        Self::new(code, status, reason, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut detail =
            json!({"message": self.message, "domain": "global", "reason": self.reason});
        if self.code == StatusCode::UNAUTHORIZED {
            detail = json!({
                "message": if self.reason == "required" { "Login Required." } else { "Invalid Credentials" },
                "domain": "global",
                "reason": self.reason,
                "location": "Authorization",
                "locationType": "header",
            });
        }
        let body = json!({"error": {
            "code": self.code.as_u16(),
            "message": self.message,
            "errors": [detail],
            "status": self.status,
        }});
        let mut response = (self.code, Json(body)).into_response();
        if self.code == StatusCode::UNAUTHORIZED {
            let challenge = match self.reason {
                "required" => r#"Bearer realm="https://accounts.google.com/""#,
                _ => r#"Bearer realm="https://accounts.google.com/", error="invalid_token""#,
            };
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        response
    }
}
