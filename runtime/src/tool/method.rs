//! Tools that are methods: what `#[mcp_tools]` implements.

use std::any::type_name;
use std::fmt;

use super::call::CallTool;
use super::definition::ToolDefinition;

/// A type with tools among its methods. Implemented by `#[mcp_tools]`.
///
/// A server takes its values: `.tools(value)`. `Set` tells several blocks of one
/// type apart: those with `#[mcp_tools(set = name)]` have one of their own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of tools",
    label = "has no methods that are tools",
    note = "put `#[mcp_tools]` on an `impl` block of it and `#[mcp_tool]` on the methods, or collect functions: `ToolSet::new().tool::<name>()`"
)]
pub trait ToolMethods<Set = ()>: Sized + Send + Sync + 'static {
    /// The methods, in the order they are written.
    const METHODS: &'static [ToolMethod];
}

/// A method that is a tool, as generated code sees it.
#[derive(Clone, Copy)]
pub struct ToolMethod {
    /// The name of the method.
    pub(super) ident: &'static str,
    pub(super) definition: ToolDefinition,
    pub(super) call: CallTool,
}

impl ToolMethod {
    /// A method, what its author wrote, and how it is called.
    #[must_use]
    pub const fn new(ident: &'static str, definition: ToolDefinition, call: CallTool) -> Self {
        Self {
            ident,
            definition,
            call,
        }
    }

    /// Where the method is, for messages.
    pub(super) fn origin<T>(&self) -> String {
        format!("{}::{}", type_name::<T>(), self.ident)
    }
}

impl fmt::Debug for ToolMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ToolMethod")
            .field("ident", &self.ident)
            .field("definition", &self.definition)
            .finish_non_exhaustive()
    }
}
