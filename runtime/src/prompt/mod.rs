//! Prompts: what `#[mcp_prompt]` implements, and what it is built from.
//!
//! ```text
//! PromptDefinition  what the author wrote, as one constant     definition.rs
//! PromptCall        one request, as generated code sees it     call.rs
//! messages          what the function returned, as an answer   output.rs
//! ```

mod call;
mod definition;
mod output;

pub use call::{GetPrompt, PromptArguments, PromptCall, PromptFuture};
pub use definition::{PromptArgument, PromptDefinition, is_required};
pub use output::{PromptFailure, PromptOutput, messages};

/// A prompt that a server can offer. Implemented by `#[mcp_prompt]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a prompt",
    label = "not marked with `#[mcp_prompt]`",
    note = "mark the function with `#[mcp_prompt]` and register it as `.prompt::<{Self}>()`"
)]
pub trait Prompt: 'static {
    /// What the author wrote.
    const DEFINITION: PromptDefinition;

    /// Takes the arguments out of a request, runs the function and turns what
    /// it returns into messages.
    fn get(call: PromptCall) -> PromptFuture;
}
