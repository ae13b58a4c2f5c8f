//! An error that the model can read.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use crate::phase::ErrorType;
use crate::semconv;

/// What went wrong in a tool, in words for the model.
///
/// Every error converts into it with `?`; its text becomes the result's
/// content, with `isError: true`. It is deliberately not an
/// [`Error`] itself, which makes the conversion possible.
///
/// # Privacy
///
/// The text is part of the tool's result and goes to the client. It never goes
/// into a span; what a span says is [`with_type`](Self::with_type).
///
/// # Examples
///
/// ```
/// use glassbox::{ToolError, mcp_tool};
///
/// /// Parses a number.
/// #[mcp_tool]
/// fn parse(text: String) -> Result<i64, ToolError> {
///     if text.is_empty() {
///         return Err(ToolError::new("the text is empty; give a number").with_type("empty"));
///     }
///     Ok(text.parse()?)
/// }
/// ```
pub struct ToolError {
    message: Cow<'static, str>,
    error_type: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ToolError {
    /// An error with a text for the model.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            error_type: semconv::ERROR_OTHER,
            source: None,
        }
    }

    /// Names the error's class in spans (`error.type`): a short constant word,
    /// such as `timeout`. Default: `_OTHER`.
    #[must_use]
    pub fn with_type(mut self, error_type: &'static str) -> Self {
        self.error_type = error_type;
        self
    }

    /// The error that this one was made from, if any.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.source.as_deref()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        Self {
            message: Cow::Owned(error.to_string()),
            error_type: semconv::ERROR_OTHER,
            source: Some(Box::new(error)),
        }
    }
}

impl ErrorType for ToolError {
    fn error_type(&self) -> &'static str {
        self.error_type
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(formatter)
    }
}

impl fmt::Debug for ToolError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ToolError")
            .field("message", &self.message)
            .field("error_type", &self.error_type)
            .finish_non_exhaustive()
    }
}
