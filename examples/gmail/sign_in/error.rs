//! Why nobody is signed in, in a line.

use std::io;
use std::time::Duration;

use glassbox::render::printable;
use rmcp::transport::auth::AuthError;

use crate::client::root_cause;
use crate::screen::cut;

/// Columns of what a server says, as it is quoted.
const MAX_QUOTE: usize = 120;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The server wants a token, and does not say whose.
    #[error(
        "the server asks for a sign-in, and does not say where (no authorization server in its metadata)"
    )]
    NoAuthorizationServer,
    /// The authorization server cannot be used.
    #[error("signing in does not work: {0}")]
    Failed(String),
    /// A page that must not be opened.
    #[error(
        "the authorization server's page is neither https:// nor on this machine; it is not opened"
    )]
    UnsafePage,
    /// There is no socket for the answer.
    #[error("there is no socket on 127.0.0.1 for the browser to come back to: {0}")]
    Listen(io::Error),
    /// The socket for the answer broke.
    #[error("the socket for the browser to come back to was closed")]
    Closed,
    /// Nobody could be asked.
    #[error("the page for signing in could not be opened: {0}")]
    NotOpened(String),
    /// The user does not want to.
    #[error("access was denied on the page")]
    Denied,
    /// The authorization server refused.
    #[error("the authorization server refused: {0}")]
    Refused(String),
    /// The answer is from somebody else than who was asked (RFC 9207).
    #[error(
        "the answer is not from the authorization server that was asked; nothing was sent to either"
    )]
    WrongIssuer,
    /// No answer came.
    #[error(
        "nobody signed in within {} s; if the page showed an error, it says why{}",
        after.as_secs(),
        foreign(*refused)
    )]
    TimedOut {
        /// How long it was waited.
        after: Duration,
        /// Requests that were not the answer.
        refused: usize,
    },
    /// The server refuses the token that it was just promised.
    #[error("the server refuses the token of a sign-in that has just succeeded")]
    StillRefused,
}

fn foreign(refused: usize) -> String {
    match refused {
        0 => String::new(),
        1 => "; an answer that belongs to no sign-in of this agent was refused".to_owned(),
        refused => {
            format!("; {refused} answers that belong to no sign-in of this agent were refused")
        }
    }
}

impl SignInError {
    pub(super) fn refused(error: &str, description: Option<&str>) -> Self {
        if error == "access_denied" {
            return Self::Denied;
        }
        Self::Refused(quoted(&match description {
            Some(description) => format!("{error}: {description}"),
            None => error.to_owned(),
        }))
    }
}

impl From<AuthError> for SignInError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::AuthorizationServerMismatch { .. }
            | AuthError::AuthorizationServerMissingIssuer { .. } => Self::WrongIssuer,
            AuthError::NoAuthorizationSupport => Self::NoAuthorizationServer,
            AuthError::DiscoveryRequestFailed { url, source } => {
                let host = url.host_str().unwrap_or_default();
                Self::Failed(quoted(&format!("{host}: {}", root_cause(source.as_ref()))))
            }
            other => Self::Failed(quoted(&other.to_string())),
        }
    }
}

/// What another side says, made harmless. Never of an answer with a token: rmcp's errors quote refusals only.
fn quoted(text: &str) -> String {
    cut(&printable(text), MAX_QUOTE)
}
