//! Why the model did not answer, in a line that names neither the key nor what was said.

use std::io;
use std::time::Duration;

use async_openai::error::OpenAIError;
use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::transport::MAX_BODY_BYTES;

/// Characters of the API's explanation that are passed on.
const MAX_EXPLANATION_CHARS: usize = 300;

/// Why the model did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no socket for the scripted model.
    #[error("the scripted model does not start: {0}")]
    Script(#[source] io::Error),
    /// There was no connection.
    #[error("cannot reach the model at {base}: {reason}")]
    Unreachable {
        /// Where it should be.
        base: Url,
        /// Why.
        reason: String,
    },
    /// The API refused the question.
    #[error("the model at {base} answered {status}{}", explained(.message))]
    Refused {
        /// Where it was asked.
        base: Url,
        /// The HTTP status.
        status: StatusCode,
        /// The API's explanation, if it gave one.
        message: String,
    },
    /// There was no answer in time.
    #[error("the model at {base} did not answer within {} s", .timeout.as_secs())]
    TimedOut {
        /// Where it was asked.
        base: Url,
        /// How long it may take.
        timeout: Duration,
    },
    /// The answer is larger than any that is of use.
    #[error("the model at {base} answered with more than {} KiB", MAX_BODY_BYTES >> 10)]
    TooLarge {
        /// Where it was asked.
        base: Url,
    },
    /// The answer is something else than a chat completion.
    #[error("the answer of the model at {base} is not a chat completion")]
    Invalid {
        /// Where it was asked.
        base: Url,
    },
    /// The question could not be asked.
    #[error("the question to the model at {base} failed: {reason}")]
    Failed {
        /// Where it was asked.
        base: Url,
        /// Why.
        reason: String,
    },
}

impl ModelError {
    /// What a span says of it (`error.type`): the HTTP status, or a word for what went wrong without one.
    pub(crate) fn error_type(&self) -> String {
        match self {
            Self::Refused { status, .. } => return status.as_u16().to_string(),
            Self::Unreachable { .. } => "connection",
            Self::TimedOut { .. } => "timeout",
            Self::TooLarge { .. } | Self::Invalid { .. } => "invalid_answer",
            Self::Script(_) | Self::Failed { .. } => "_OTHER",
        }
        .to_owned()
    }

    /// An answer with this status, without the key, should it repeat that.
    pub(super) fn refused(base: &Url, status: StatusCode, body: &[u8], key: &str) -> Self {
        let message = explanation(body).unwrap_or_default();
        let message = match key {
            "" => message,
            key => message.replace(key, "***"),
        };
        Self::Refused {
            base: base.clone(),
            status,
            message: message.chars().take(MAX_EXPLANATION_CHARS).collect(),
        }
    }

    /// What the client crate says, without the content that it quotes.
    pub(super) fn from_client(error: OpenAIError, base: &Url) -> Self {
        let base = base.clone();
        let failed = |reason: &str| Self::Failed {
            base: base.clone(),
            reason: reason.to_owned(),
        };
        match error {
            OpenAIError::Boxed(error) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(_) => failed("the exchange ended early"),
            },
            OpenAIError::JSONDeserialize(..) => Self::Invalid { base },
            _ => failed("it is not a valid request"),
        }
    }
}

fn explained(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}

/// `{"error": {"message": ..}}` as OpenAI has it, or what others make of it: `{"error": ".."}`, `{"message": ".."}`.
fn explanation(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        error: Option<Explanation>,
        message: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Explanation {
        Text(String),
        Object { message: String },
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    match body.error {
        Some(Explanation::Text(text) | Explanation::Object { message: text }) => Some(text),
        None => body.message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_api_says_without_the_key() {
        let base = Url::parse("http://a.example/v1").unwrap();
        let text = |body: &str, key| {
            ModelError::refused(&base, StatusCode::UNAUTHORIZED, body.as_bytes(), key).to_string()
        };
        let begin = "the model at http://a.example/v1 answered 401 Unauthorized";
        let openai = r#"{"error": {"message": "Incorrect API key provided: canary", "code": 7}}"#;
        assert_eq!(
            text(openai, "canary"),
            format!("{begin}: Incorrect API key provided: ***")
        );
        assert_eq!(text(r#"{"error": "no"}"#, ""), format!("{begin}: no"));
        assert_eq!(text(r#"{"message": "no"}"#, ""), format!("{begin}: no"));
        assert_eq!(text("<html>", ""), begin);
        let long = format!(
            r#"{{"error": "{}"}}"#,
            "x".repeat(MAX_EXPLANATION_CHARS + 1)
        );
        assert_eq!(
            text(&long, "").len(),
            begin.len() + 2 + MAX_EXPLANATION_CHARS
        );
    }
}
