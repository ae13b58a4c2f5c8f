//! Where telemetry goes in a result.

use std::io;

use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, GetPromptResponse, MetaObject, ReadResourceResponse};

use crate::passback::Spot;

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
            Self::Complete(result) => bytes_of(result),
            Self::InputRequired(result) => bytes_of(result),
            Self::Task(result) => bytes_of(result),
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
            Self::Complete(result) => bytes_of(result),
            Self::InputRequired(result) => bytes_of(result),
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
            Self::Complete(result) => bytes_of(result),
            Self::InputRequired(result) => bytes_of(result),
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

/// The place for telemetry in an answer, if it has one.
pub(super) fn spot<A: Answer>(result: &mut Result<A, ErrorData>) -> Option<Spot<'_>> {
    match result {
        Ok(answer) => Spot::in_meta(answer.meta_mut()?),
        Err(error) => Spot::in_error(error),
    }
}

/// Bytes of a result or an error as JSON.
pub(super) fn json_bytes<A: Answer>(result: &Result<A, ErrorData>) -> usize {
    match result {
        Ok(answer) => answer.json_bytes(),
        Err(error) => bytes_of(error),
    }
}

/// Bytes that `value` takes as JSON. Nothing is kept of what is written.
fn bytes_of(value: &impl serde::Serialize) -> usize {
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
