//! Why a call gave no result, in a line: rmcp's own text names its types, and not the reason.

use std::io;
use std::time::Duration;

use glassbox::render::printable;
use rmcp::ErrorData;
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use url::Url;

use super::elicit::ElicitError;
use crate::client::{chain, root_cause};
use crate::screen::cut;
use crate::sign_in::SignInError;

type HttpError = StreamableHttpError<reqwest::Error>;

/// Columns of an answer that is not MCP, as it is quoted.
const MAX_ANSWER: usize = 100;

/// What a server did that was stopped in the middle of a call.
const GONE: &str = "the server ended the connection before it had answered";

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody listens there.
    #[error("cannot reach an MCP server at {url}: connection refused")]
    NotListening {
        /// Where it should be.
        url: Url,
    },
    /// There was no connection, or no answer to it.
    #[error("cannot reach an MCP server at {url}: {reason}")]
    Unreachable {
        /// Where it should be.
        url: Url,
        /// Why.
        reason: String,
    },
    /// Somebody answered, but not as an MCP server does.
    #[error("no MCP server answers at {url}: {reason}")]
    NotMcp {
        /// Where it should be.
        url: Url,
        /// What came instead.
        reason: String,
    },
    /// The server asks for a token, and there is none.
    #[error("the server at {url} asks for a sign-in")]
    Unauthorized {
        /// Where it is.
        url: Url,
    },
    /// Signing in did not work.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The call needs something of the user.
    #[error(transparent)]
    Elicit(#[from] ElicitError),
    /// The server refused the call with a JSON-RPC error.
    #[error("the server refused the call: {message}")]
    Refused {
        /// The error's code.
        code: i32,
        /// The server's words.
        message: String,
    },
    /// The connection was lost while the call ran.
    #[error("the call failed: {0}")]
    Failed(String),
    /// The call took too long.
    #[error("the server did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl CallError {
    /// What a span says of it (`error.type`): the JSON-RPC code, or a word for what went wrong before there was one.
    pub(crate) fn error_type(&self) -> String {
        match self {
            Self::Refused { code, .. } => code.to_string(),
            Self::TimedOut(_) => "timeout".to_owned(),
            Self::NotListening { .. } | Self::Unreachable { .. } | Self::Failed(_) => {
                "connection".to_owned()
            }
            Self::NotMcp { .. } => "invalid_answer".to_owned(),
            Self::Unauthorized { .. } | Self::SignIn(_) => "unauthorized".to_owned(),
            Self::Elicit(_) => "consent_required".to_owned(),
        }
    }

    fn refused(error: ErrorData) -> Self {
        Self::Refused {
            code: error.code.0,
            message: error.message.into_owned(),
        }
    }
}

/// Why a request was not answered with a result.
pub(super) fn call_error(error: ServiceError) -> CallError {
    match error {
        ServiceError::McpError(error) => CallError::refused(error),
        ServiceError::TransportSend(error) => CallError::Failed(match transport_error(&error) {
            Transport::Refused => "connection refused".to_owned(),
            Transport::Failed(reason) | Transport::Answered(reason) => reason,
        }),
        ServiceError::TransportClosed => CallError::Failed(GONE.to_owned()),
        ServiceError::Timeout { timeout } => CallError::TimedOut(timeout),
        error => CallError::Failed(root_cause(&error)),
    }
}

/// Why there is no connection.
pub(super) fn connect_error(url: &Url, error: ClientInitializeError) -> CallError {
    let url = url.clone();
    let not_mcp = |reason: &str| CallError::NotMcp {
        url: url.clone(),
        reason: reason.to_owned(),
    };
    match error {
        error if error.auth_challenge().is_some() => CallError::Unauthorized { url },
        ClientInitializeError::TransportError { error, .. } => match transport_error(&error) {
            Transport::Refused => CallError::NotListening { url },
            Transport::Failed(reason) => CallError::Unreachable { url, reason },
            Transport::Answered(reason) => not_mcp(&reason),
        },
        ClientInitializeError::JsonRpcError(error) => CallError::refused(error),
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            not_mcp("it has no protocol version in common with this client")
        }
        ClientInitializeError::ConnectionClosed(_) => not_mcp("the connection was closed"),
        _ => not_mcp("its answer is not MCP"),
    }
}

/// What went wrong under a request.
enum Transport {
    /// Nobody listens.
    Refused,
    /// There was no answer.
    Failed(String),
    /// The answer was not one that the protocol allows.
    Answered(String),
}

fn transport_error(error: &DynamicTransportError) -> Transport {
    let Some(error) = error.error.downcast_ref::<HttpError>() else {
        return Transport::Failed("the connection failed".to_owned());
    };
    match error {
        HttpError::Client(error) => {
            let tls = chain(error).find_map(|error| error.downcast_ref::<rustls::Error>());
            let is_refused = chain(error)
                .filter_map(|error| error.downcast_ref::<io::Error>())
                .any(|error| error.kind() == io::ErrorKind::ConnectionRefused);
            if is_refused {
                Transport::Refused
            } else if let Some(tls) = tls {
                Transport::Failed(match tls {
                    rustls::Error::InvalidMessage(_) => {
                        "the server does not speak TLS; is it http:// instead of https://?"
                            .to_owned()
                    }
                    tls => format!("TLS failed: {tls}"),
                })
            } else if error.is_connect() || error.is_timeout() {
                Transport::Failed(root_cause(error))
            } else {
                let cause = root_cause(error);
                Transport::Failed(format!("{GONE} ({cause})"))
            }
        }
        // "HTTP 404 Not Found: " and the beginning of the body
        HttpError::UnexpectedServerResponse(text) => {
            let text = text.trim_end_matches([':', ' ', '\n']);
            Transport::Answered(cut(&printable(text), MAX_ANSWER))
        }
        HttpError::HttpStatus(error) => Transport::Answered(error.to_string()),
        HttpError::AuthRequired(_) => Transport::Answered("HTTP 401 Unauthorized".to_owned()),
        HttpError::InsufficientScope(_) => Transport::Answered("HTTP 403 Forbidden".to_owned()),
        HttpError::Auth(error) => {
            Transport::Failed(cut(&printable(&error.to_string()), MAX_ANSWER))
        }
        HttpError::UnexpectedContentType(_) => {
            Transport::Answered("its answer is neither JSON nor an event stream".to_owned())
        }
        HttpError::Deserialize(_) => Transport::Answered("its answer is not MCP".to_owned()),
        error => Transport::Failed(root_cause(error)),
    }
}
