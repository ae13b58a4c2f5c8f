//! Why there is no token.

use std::time::Duration;

use http::StatusCode;
use url::Url;

use crate::ToolError;

/// Why there is no token. No text holds a token, a key, or what a service said.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The user has not allowed it yet. The page is for them: it is not in the
    /// text, which may end up in a span.
    #[error("the user has to allow access first")]
    ConsentRequired(Url),
    /// It is not known whose token is wanted.
    #[error(
        "nobody is signed in, so there is no account whose token could be used; name one, or let callers sign in"
    )]
    NoUser,
    /// The user has denied it, or it was not possible.
    #[error("access was not granted; ask the user whether to try again")]
    Denied,
    /// The refresh token is not accepted any more.
    #[error("the sign-in at the service has ended; the operator has to sign in again")]
    Revoked,
    /// The service that has the tokens refused.
    #[error("the token service answered with status {}", .0.as_u16())]
    Refused(StatusCode),
    /// It did not answer in time.
    #[error("the token service did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It could not be reached, or the connection was lost.
    #[error("the token service cannot be reached")]
    Unreachable,
    /// Its answer is not one.
    #[error("the token service's answer cannot be used")]
    InvalidAnswer,
}

impl TokenError {
    /// The error for the model, with its [kind](Self::kind) for spans, which
    /// `?` alone does not give it.
    #[must_use]
    pub fn into_tool_error(self) -> ToolError {
        let kind = self.kind();
        ToolError::from(self).with_type(kind)
    }

    /// A short constant word, for a span's `error.type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ConsentRequired(_) => "consent_required",
            Self::NoUser => "no_user",
            Self::Denied => "consent_denied",
            Self::Revoked => "revoked",
            Self::Refused(_) => "token_refused",
            Self::TimedOut(_) => "timeout",
            Self::Unreachable => "unreachable",
            Self::InvalidAnswer => "invalid_answer",
        }
    }
}
