//! Methods that are offered: what `#[mcp_tools]` implements.

use std::any::type_name;
use std::fmt;

use super::call::CallTool;
use super::definition::ToolDefinition;
use crate::prompt::{GetPrompt, PromptDefinition};
use crate::resource::{ReadResource, ResourceDefinition};

/// A type with tools among its methods, and resources and prompts beside them.
/// Implemented by `#[mcp_tools]`.
///
/// A server takes its values: `.tools(value)`. `Set` tells several blocks of one
/// type apart: those with `#[mcp_tools(set = name)]` have one of their own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of tools",
    label = "has no methods that are tools",
    note = "put `#[mcp_tools]` on an `impl` block of it and `#[mcp_tool]` on the methods, or collect functions: `ToolSet::new().tool::<name>()`"
)]
pub trait ToolMethods<Set = ()>: Sized + Send + Sync + 'static {
    /// The methods that are tools, in the order they are written.
    const TOOLS: &'static [ToolMethod] = &[];

    /// The methods that are resources, in the order they are written.
    const RESOURCES: &'static [ResourceMethod] = &[];

    /// The methods that are prompts, in the order they are written.
    const PROMPTS: &'static [PromptMethod] = &[];
}

/// A method that is a tool.
pub type ToolMethod = Method<ToolDefinition, CallTool>;

/// A method that is a resource.
pub type ResourceMethod = Method<ResourceDefinition, ReadResource>;

/// A method that is a prompt.
pub type PromptMethod = Method<PromptDefinition, GetPrompt>;

/// A method that is offered, as generated code sees it: `D` is what its author
/// wrote, `C` how it is called.
#[derive(Clone, Copy)]
pub struct Method<D, C> {
    /// The name of the method.
    ident: &'static str,
    pub(super) definition: D,
    pub(super) call: C,
}

impl<D, C> Method<D, C> {
    /// A method, what its author wrote, and how it is called.
    #[must_use]
    pub const fn new(ident: &'static str, definition: D, call: C) -> Self {
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

impl<D: fmt::Debug, C> fmt::Debug for Method<D, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Method")
            .field("ident", &self.ident)
            .field("definition", &self.definition)
            .finish_non_exhaustive()
    }
}
