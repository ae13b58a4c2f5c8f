//! Why a call to Gmail failed.

use std::time::Duration;

use glassbox::tokens::TokenError;
use reqwest::StatusCode;
use serde::Deserialize;

/// Characters of Google's explanation that are passed on.
const MAX_EXPLANATION_CHARS: usize = 300;

/// How long a call may take. Ours: Gmail answers within a second, and a model is waiting.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read. Ours: headers and snippet of a message take a few kilobytes, and a page of 500 ids
/// takes 30.
pub(super) const MAX_BODY_BYTES: usize = 4 << 20;

/// Why a call to Gmail failed, in words that help the model that reads them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GmailError {
    /// Gmail refused the call.
    #[error("Gmail answered {} {reason}: {message}", .status.as_u16())]
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// Google's name for it, for example `PERMISSION_DENIED`.
        reason: String,
        /// Google's explanation.
        message: String,
    },
    /// Gmail, or something before it, refused the call without Google's error body.
    #[error("Gmail answered {status} without an explanation")]
    Unexplained {
        /// The HTTP status.
        status: StatusCode,
    },
    /// Gmail answered with something else than the API documents.
    #[error("Gmail answered with a body that is no {expected}")]
    InvalidBody {
        /// What was expected.
        expected: &'static str,
    },
    /// Gmail answered with more than any answer that the API documents takes.
    #[error("Gmail answered with more than {} MiB", MAX_BODY_BYTES >> 20)]
    TooLarge,
    /// Gmail did not answer in time.
    #[error("Gmail did not answer within {} s", TIMEOUT.as_secs())]
    TimedOut,
    /// There was no connection to Gmail.
    #[error("cannot connect to Gmail at {base}: {}", root_cause(source))]
    Unreachable {
        /// The base URL.
        base: String,
        /// Why, without the URL, which carries the query.
        source: reqwest::Error,
    },
    /// The call failed on its way.
    #[error("the connection to Gmail failed: {0}")]
    Broken(String),
    /// A message id that Gmail would not give.
    #[error("not a message id: Gmail's are up to 32 letters and digits")]
    InvalidId,
    /// A recipient that is not a plain address.
    #[error("`to` is not an e-mail address, or several separated by commas (name@example.com)")]
    InvalidRecipient,
    /// A subject that would be more than one header line.
    #[error("`subject` has a line break or another control character; it must be one line")]
    InvalidSubject,
    /// The mail could not be written as RFC 2822.
    #[error("the mail could not be encoded: {0}")]
    Encoding(#[from] std::io::Error),
    /// There is no token for the account.
    #[error("no access to Gmail: {0}")]
    Token(#[from] TokenError),
    /// The base URL is not one.
    #[error("not a URL of an HTTP service: {0}")]
    InvalidBase(String),
}

/// What a span says of a failure (`error.type`): Gmail's status, or a word for what went wrong before there was one.
impl glassbox::ErrorType for GmailError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Refused { status, .. } | Self::Unexplained { status } => match status.as_u16() {
                400 => "400",
                401 => "401",
                403 => "403",
                404 => "404",
                429 => "429",
                500 => "500",
                503 => "503",
                code => match code / 100 {
                    1 => "1xx",
                    3 => "3xx",
                    4 => "4xx",
                    5 => "5xx",
                    _ => "_OTHER",
                },
            },
            Self::TimedOut => "timeout",
            Self::Unreachable { .. } | Self::Broken(_) => "connection",
            Self::InvalidBody { .. } | Self::TooLarge => "invalid_body",
            Self::InvalidId | Self::InvalidRecipient | Self::InvalidSubject => "invalid_argument",
            Self::Token(error) => error.kind(),
            Self::Encoding(_) | Self::InvalidBase(_) => "_OTHER",
        }
    }
}

/// The end of an error's chain, which is where the reason stands.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    chain(error).last().unwrap_or(error).to_string()
}

/// An error, and what caused it, and what caused that. Of an I/O error the standard library skips what is in it.
pub(crate) fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        match error.downcast_ref::<std::io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        }
    })
}

/// What an answer with this status means.
pub(super) fn refusal(status: StatusCode, body: &[u8]) -> GmailError {
    #[derive(Deserialize)]
    struct Body {
        error: Explanation,
    }
    #[derive(Deserialize)]
    struct Explanation {
        message: String,
        #[serde(default)]
        status: Option<String>,
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(Body { error }) => GmailError::Refused {
            status,
            reason: error.status.map_or_else(
                || status.canonical_reason().unwrap_or("error").to_owned(),
                |reason| reason.chars().take(MAX_EXPLANATION_CHARS).collect(),
            ),
            message: error.message.chars().take(MAX_EXPLANATION_CHARS).collect(),
        },
        Err(_) => GmailError::Unexplained { status },
    }
}
