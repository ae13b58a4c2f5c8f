//! Where telemetry goes in a result.

use rmcp::model::{CallToolResponse, GetPromptResponse, MetaObject, ReadResourceResponse};

/// A result that can carry telemetry.
pub(super) trait Answer {
    /// Whether the operation failed as far as the result tells.
    fn is_error(&self) -> bool;

    /// The result's `_meta`.
    fn meta_mut(&mut self) -> Option<&mut Option<MetaObject>>;
}

impl Answer for CallToolResponse {
    fn is_error(&self) -> bool {
        matches!(self, Self::Complete(result) if result.is_error == Some(true))
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

    fn meta_mut(&mut self) -> Option<&mut Option<MetaObject>> {
        match self {
            Self::Complete(result) => Some(&mut result.meta),
            Self::InputRequired(result) => Some(&mut result.meta),
            _ => None,
        }
    }
}
