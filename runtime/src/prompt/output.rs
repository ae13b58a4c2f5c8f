//! What a prompt's function returns, as messages.

use std::fmt;

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, PromptMessage, Role};

use super::call::PromptCall;
use crate::tool::{CallError, take};

/// What a prompt can return.
#[diagnostic::on_unimplemented(
    message = "a prompt cannot return `{Self}`",
    label = "is no message",
    note = "return `String` for one message of the user, `Vec<PromptMessage>`, or `GetPromptResult`"
)]
pub trait PromptOutput: 'static {
    /// The messages.
    fn into_prompt(self) -> GetPromptResult;
}

impl PromptOutput for String {
    fn into_prompt(self) -> GetPromptResult {
        PromptMessage::new_text(Role::User, self).into_prompt()
    }
}

impl PromptOutput for &'static str {
    fn into_prompt(self) -> GetPromptResult {
        self.to_owned().into_prompt()
    }
}

impl PromptOutput for PromptMessage {
    fn into_prompt(self) -> GetPromptResult {
        vec![self].into_prompt()
    }
}

impl PromptOutput for Vec<PromptMessage> {
    fn into_prompt(self) -> GetPromptResult {
        GetPromptResult::new(self)
    }
}

impl PromptOutput for GetPromptResult {
    fn into_prompt(self) -> GetPromptResult {
        self
    }
}

/// What a prompt can fail with: its text is the message of a JSON-RPC error.
#[diagnostic::on_unimplemented(
    message = "a prompt cannot fail with `{Self}`",
    label = "cannot be shown to the client",
    note = "implement `std::fmt::Display` for it, or return `Result<_, rmcp::ErrorData>`"
)]
pub trait PromptFailure: fmt::Display + 'static {}

impl<E: fmt::Display + 'static> PromptFailure for E {}

/// Turns what the function returned into the answer.
///
/// # Errors
///
/// If the function failed.
pub fn messages<T: PromptOutput, E: PromptFailure>(
    call: &PromptCall,
    returned: Result<T, E>,
) -> Result<GetPromptResult, CallError> {
    match returned {
        Ok(value) => {
            let mut result = value.into_prompt();
            if result.description.is_none() {
                result.description = call.definition.description.map(Into::into);
            }
            Ok(result)
        }
        Err(error) => Err(CallError::Protocol(failure(error))),
    }
}

fn failure<E: PromptFailure>(error: E) -> ErrorData {
    let mut error = Some(error);
    if let Some(error) = take::<ErrorData>(&mut error) {
        return error;
    }
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    ErrorData::internal_error(text, None)
}
