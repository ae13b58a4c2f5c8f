//! Why a resource cannot be read.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use rmcp::ErrorData;

use crate::phase::ErrorType;
use crate::semconv;

/// Why a resource cannot be read, in words for the client.
///
/// Every error converts into it with `?`; its text becomes the message of a
/// JSON-RPC error. It is deliberately not an [`Error`] itself, which makes the
/// conversion possible.
///
/// # Privacy
///
/// The text is part of the answer and goes to the client. It never goes into a
/// span; what a span says is [`with_type`](Self::with_type).
///
/// # Examples
///
/// ```
/// use glassbox::{ResourceError, mcp_resource};
///
/// /// What is known of a colour.
/// #[mcp_resource("colour://{name}")]
/// fn colour(name: String) -> Result<String, ResourceError> {
///     match name.as_str() {
///         "red" => Ok("about 700 nm".to_owned()),
///         _ => Err(ResourceError::not_found("there is no such colour")),
///     }
/// }
/// ```
pub struct ResourceError {
    message: Cow<'static, str>,
    is_missing: bool,
    error_type: &'static str,
}

impl ResourceError {
    /// The resource exists, and cannot be read: an internal error (-32603).
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            is_missing: false,
            error_type: semconv::ERROR_OTHER,
        }
    }

    /// There is no such resource: -32002, which is -32602 for clients of
    /// protocol 2026-07-28 (SEP-2164). The server's span is not failed: it is
    /// the caller's fault.
    #[must_use]
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            is_missing: true,
            error_type: "not_found",
            ..Self::new(message)
        }
    }

    /// Names the error's class in the spans of phases (`error.type`): a short
    /// constant word. Default: `_OTHER`, or `not_found`.
    #[must_use]
    pub fn with_type(mut self, error_type: &'static str) -> Self {
        self.error_type = error_type;
        self
    }

    pub(super) fn into_error_data(self) -> ErrorData {
        if self.is_missing {
            ErrorData::resource_not_found(self.message, None)
        } else {
            ErrorData::internal_error(self.message, None)
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ResourceError {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

impl ErrorType for ResourceError {
    fn error_type(&self) -> &'static str {
        self.error_type
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(formatter)
    }
}

impl fmt::Debug for ResourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ResourceError")
            .field("message", &self.message)
            .field("is_missing", &self.is_missing)
            .field("error_type", &self.error_type)
            .finish()
    }
}
