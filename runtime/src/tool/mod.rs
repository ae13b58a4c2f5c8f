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
//! Provided         what a call can borrow                     provided.rs
//! ToolCall         one call, as generated code sees it        call.rs
//! run_blocking     a call on a thread for blocking code       blocking.rs
//! reply            what the function returned, as an answer   output.rs
//! ToolMethods      a type with tools among its methods        method.rs
//! Receiver         the `self` of a method                     receiver.rs
//! ToolSet          tools that belong together                 set.rs
//! RegisteredTool   a tool in a set                            registered.rs
//! Offer            a tool, a resource or a prompt             offer.rs
//! ```

mod argument;
mod arguments;
mod blocking;
mod bound;
mod built;
mod call;
mod context;
mod definition;
mod error;
mod injection;
mod keyword;
mod method;
mod name;
mod offer;
mod output;
mod provided;
mod receiver;
mod registered;
mod schema;
mod set;
mod validation;

pub use argument::{
    Argument, ArgumentType, DefaultValue, FromQuoted, ShownType, default_value, from_quoted,
};
pub use arguments::{Arguments, Taken};
pub use blocking::run_blocking;
pub use bound::Bound;
pub(crate) use built::BuiltTool;
pub use call::{CallError, CallFuture, CallTool, ToolCall, ToolFuture};
pub use context::ToolContext;
pub use definition::{OutputSchema, ToolDefinition};
pub use error::ToolError;
pub use injection::Injection;
pub(crate) use injection::Injections;
pub use keyword::Keyword;
pub use method::{Method, PromptMethod, ResourceMethod, ToolMethod, ToolMethods};
pub(crate) use name::check_name;
pub(crate) use offer::Offer;
pub(crate) use output::take;
pub use output::{
    DescribedOutput, OutputProbe, ReturnProbe, SplitValue, ToolFailure, ToolOutput, ViaValue,
    output_schema, reply,
};
pub(crate) use provided::Provided;
pub(crate) use receiver::Receiver;
pub(crate) use registered::{RegisteredPrompt, RegisteredResource, RegisteredTool};
pub use set::{IntoToolSet, ToolSet, named_set};
pub(crate) use validation::{shortened, shown};

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
    fn call(call: ToolCall) -> ToolFuture;
}
