//! Resources: what `#[mcp_resource]` implements, and what it is built from.
//!
//! ```text
//! ResourceDefinition  what the author wrote, as one constant     definition.rs
//! UriPart             a part of a URI, as the macro read it      template.rs
//! ResourceUri         a URI, or a template, in a server          uri.rs
//! ResourceCall        one read, as generated code sees it        call.rs
//! contents            what the function returned, as an answer   output.rs
//! ResourceError       why a resource cannot be read              error.rs
//! ```

mod call;
mod definition;
mod error;
mod output;
mod template;
mod uri;

pub use call::{ReadResource, ResourceCall, ResourceFuture, Variables};
pub use definition::ResourceDefinition;
pub use error::ResourceError;
pub use output::{ResourceFailure, ResourceOutput, content_type, contents};
pub use template::UriPart;
pub(crate) use uri::ResourceUri;

/// A resource that a server can offer. Implemented by `#[mcp_resource]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "not marked with `#[mcp_resource]`",
    note = "mark the function with `#[mcp_resource(\"..\")]` and register it as `.resource::<{Self}>()`"
)]
pub trait Resource: 'static {
    /// What the author wrote.
    const DEFINITION: ResourceDefinition;

    /// Takes the variables out of the URI, runs the function and turns what it
    /// returns into contents.
    fn read(call: ResourceCall) -> ResourceFuture;
}
