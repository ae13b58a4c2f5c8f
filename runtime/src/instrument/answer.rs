//! Where telemetry goes in a result.

use std::io;

use rmcp::model::{CallToolResponse, GetPromptResponse, MetaObject, ReadResourceResponse};

/// A result that can carry telemetry.
pub(super) trait Answer {
    /// Whether the operation failed as far as the result tells.
    fn is_error(&self) -> bool;

    /// Bytes of the result as JSON.
    fn json_bytes(&self) -> usize;

    /// The result's `_meta`.
    fn meta_mut(&mut self) -> Option<&mut Option<MetaObject>>;
}

impl Answer for CallToolResponse {
    fn is_error(&self) -> bool {
        matches!(self, Self::Complete(result) if result.is_error == Some(true))
    }

    fn json_bytes(&self) -> usize {
        match self {
            Self::Complete(result) => json_bytes(result),
            Self::InputRequired(result) => json_bytes(result),
            Self::Task(result) => json_bytes(result),
            _ => 0,
        }
    }

    fn meta_mut(&mut self) -> Option<&mut Option<MetaObject>> {
        match self {
            Self::Complete(result) => Some(&mut result.meta),
            Self::InputRequired(result) => Some(&mut result.meta),
            Self::Task(result) => Some(&mut result.meta),
            _ => None,
        }
    }
}

impl Answer for ReadResourceResponse {
    fn is_error(&self) -> bool {
        false
    }

    fn json_bytes(&self) -> usize {
        match self {
            Self::Complete(result) => json_bytes(result),
            Self::InputRequired(result) => json_bytes(result),
            _ => 0,
        }
    }

    fn meta_mut(&mut self) -> Option<&mut Option<MetaObject>> {
        match self {
            Self::Complete(result) => Some(&mut result.meta),
            Self::InputRequired(result) => Some(&mut result.meta),
            _ => None,
        }
    }
}

impl Answer for GetPromptResponse {
    fn is_error(&self) -> bool {
        false
    }

    fn json_bytes(&self) -> usize {
        match self {
            Self::Complete(result) => json_bytes(result),
            Self::InputRequired(result) => json_bytes(result),
            _ => 0,
        }
    }

    fn meta_mut(&mut self) -> Option<&mut Option<MetaObject>> {
        match self {
            Self::Complete(result) => Some(&mut result.meta),
            Self::InputRequired(result) => Some(&mut result.meta),
            _ => None,
        }
    }
}

/// Bytes that `value` takes as JSON. Nothing is kept of what is written.
pub(super) fn json_bytes(value: &impl serde::Serialize) -> usize {
    let mut bytes = Count(0);
    // What cannot be written does not become an answer either.
    let _ = serde_json::to_writer(&mut bytes, value);
    bytes.0
}

/// Counts what is written to it.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
