//! One call of a tool, as generated code sees it.

use std::any::Any;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde_json::Value;

use super::arguments::Arguments;
use super::built::BuiltTool;
use super::provided::Provided;
use super::receiver::Receiver;
use super::validation::{Rules, has_null, prune};

/// An answer in the making.
pub type CallFuture<T> = Pin<Box<dyn Future<Output = Result<T, CallError>> + Send>>;

/// The answer of a tool in the making.
pub type ToolFuture = CallFuture<CallToolResult>;

/// How a tool is called.
pub type CallTool = fn(ToolCall) -> ToolFuture;

/// One call of a tool.
#[derive(Debug)]
pub struct ToolCall {
    tool: Arc<BuiltTool>,
    receiver: Receiver,
    /// Until the arguments are taken: a call does not hold twice what it was
    /// given while it runs.
    given: Mutex<Value>,
    provided: Provided,
}

impl ToolCall {
    pub(crate) fn new(
        tool: Arc<BuiltTool>,
        receiver: Receiver,
        given: Option<JsonObject>,
        provided: Provided,
    ) -> Self {
        let mut given = Value::Object(given.unwrap_or_default());
        if has_null(&given) {
            prune(&tool.rules, Rules::ROOT, &mut given);
        }
        Self {
            tool,
            receiver,
            given: Mutex::new(given),
            provided,
        }
    }

    /// The arguments of the call, to be taken one by one; once, after which
    /// there are none.
    #[must_use]
    pub fn arguments(&self) -> Arguments<'_> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        Arguments::new(&self.tool, given.take())
    }

    /// What a method borrows as `&self`.
    ///
    /// # Errors
    ///
    /// If the tool is no method of `T`; a set makes sure that it is.
    pub fn receiver<T: Any>(&self) -> Result<&T, CallError> {
        self.receiver.get()
    }

    /// What the server provides for a parameter `&T` of the tool's definition.
    ///
    /// # Errors
    ///
    /// If nothing was injected; a server that was built has checked that. Also
    /// if the request is asked for, and is no parameter: it is gone by then.
    pub fn injected<T: Any>(&self) -> Result<&T, CallError> {
        self.provided.get()
    }
}

/// Why a call has no result of the function's own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The model gave arguments that do not fit; it can read why.
    #[error("{0}")]
    InvalidArguments(String),
    /// Nothing was injected for a borrowed parameter.
    #[error("nothing of type `{0}` was injected into the server")]
    NotInjected(&'static str),
    /// The function asked for a JSON-RPC error.
    #[error(transparent)]
    Protocol(ErrorData),
}

impl CallError {
    /// The answer to the client: what the model can act on is a result with
    /// `isError`, all else a JSON-RPC error.
    pub(crate) fn into_answer(self) -> Result<CallToolResult, ErrorData> {
        match self {
            Self::InvalidArguments(mistakes) => {
                Ok(CallToolResult::error(vec![ContentBlock::text(mistakes)]))
            }
            other => Err(other.into_error(|mistakes| ErrorData::invalid_params(mistakes, None))),
        }
    }

    /// The JSON-RPC error for the client; `mistaken` is that of mistakes in what it gave.
    pub(crate) fn into_error(self, mistaken: impl FnOnce(String) -> ErrorData) -> ErrorData {
        match self {
            Self::InvalidArguments(mistakes) => mistaken(mistakes),
            Self::NotInjected(_) => ErrorData::internal_error(self.to_string(), None),
            Self::Protocol(error) => error,
        }
    }
}
