//! Tools: what `#[mcp_tool]` implements, and what it is built from.
//!
//! ```text
//! ToolDefinition   what the author wrote, as one constant     definition.rs
//! Argument         one owned parameter                        argument.rs
//! Keyword          what its author adds to its schema         keyword.rs
//! schema           input and output schemas                   schema/
//! BuiltTool        a tool in a server: schemas, rules         built.rs
//! validation       arguments against their schema             validation/
//! Arguments        the arguments of a call, taken and checked arguments.rs
//! Injection        one borrowed parameter                     injection.rs
//! ToolCall         one call, as generated code sees it        call.rs
//! reply            what the function returned, as an answer   output.rs
//! ```

mod argument;
mod arguments;
mod bound;
mod built;
mod call;
mod context;
mod definition;
mod error;
mod injection;
mod keyword;
mod output;
mod schema;
mod validation;

pub use argument::{Argument, ArgumentType, DefaultValue, default_value};
pub use arguments::{Arguments, Taken};
pub use bound::Bound;
pub(crate) use built::BuiltTool;
pub use call::{CallError, ToolCall, ToolFuture};
pub use context::ToolContext;
pub use definition::{OutputSchema, ToolDefinition};
pub use error::ToolError;
pub use injection::Injection;
pub(crate) use injection::Injections;
pub use keyword::Keyword;
pub use output::{
    OutputProbe, ReturnProbe, SplitValue, ToolFailure, ToolOutput, ViaValue, output_schema, reply,
};

/// A tool that a server can serve. Implemented by `#[mcp_tool]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "not marked with `#[mcp_tool]`",
    note = "mark the function with `#[mcp_tool]` and register it as `.tool::<{Self}>()`"
)]
pub trait Tool: 'static {
    /// What the author wrote.
    const DEFINITION: ToolDefinition;

    /// Takes the arguments out of a call, runs the function and turns what it
    /// returns into an answer.
    fn call(call: &ToolCall) -> ToolFuture<'_>;
}
