//! Why there is no answer, in a line.

use glassbox::forward::SinkError;

use super::react::{MAX_CALLS, MAX_ROUNDS};
use crate::call::CallError;
use crate::model::ModelError;
use crate::page::PageError;

/// Why the agent has no answer, or none that went well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The server could not be reached, or a call gave no result.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The model did not answer.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The tool answered with an error, which was shown.
    #[error("the tool answered with an error: {0}")]
    Tool(String),
    /// The model asked for a call that was not made.
    #[error("the model's call was not made: {0}")]
    NotCalled(String),
    /// The model will not answer.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The model said nothing.
    #[error("the model gave neither an answer nor a call")]
    NoAnswer,
    /// The model did not come to an end.
    #[error("no answer after {MAX_ROUNDS} turns of the model, which went on asking for calls")]
    TooManyRounds,
    /// The model wants more than is sensible.
    #[error("the model asked for {0} calls at once; the agent makes at most {MAX_CALLS}")]
    TooManyCalls(usize),
    /// There is no way to send spans there.
    #[error("the spans cannot be sent: {0}")]
    Sink(String),
    /// Not all spans arrived.
    #[error("not all spans were delivered: {0}")]
    NotDelivered(String),
    /// The page that was asked for is not there.
    #[error(transparent)]
    Page(#[from] PageError),
    /// Nobody reads what the agent writes.
    #[error("cannot write the answer: {0}")]
    Output(#[from] std::io::Error),
}

impl From<SinkError> for AgentError {
    fn from(error: SinkError) -> Self {
        Self::Sink(error.to_string())
    }
}

impl AgentError {
    /// What the span of the run says of it (`error.type`).
    pub(super) fn error_type(&self) -> String {
        match self {
            Self::Call(error) => return error.error_type(),
            Self::Model(error) => return error.error_type(),
            Self::Tool(_) | Self::NotCalled(_) => crate::semconv::ERROR_TOOL,
            Self::Refused(_) => "refusal",
            Self::NoAnswer => "no_answer",
            Self::TooManyRounds => "too_many_rounds",
            Self::TooManyCalls(_) => "too_many_calls",
            Self::Sink(_) | Self::NotDelivered(_) | Self::Page(_) | Self::Output(_) => "_OTHER",
        }
        .to_owned()
    }
}
