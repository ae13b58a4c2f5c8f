//! Instrumented MCP tools with server execution telemetry (SEP-2448).
//!
//! An agent that calls a tool sees one opaque span. With Glassbox the server's
//! author annotates functions, the client asks for spans on a call, and they
//! come back in the answer as OTLP JSON: they join the client's own trace and
//! show where the time went.

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "analysis")]
pub mod analysis;
#[cfg(feature = "http-client")]
pub mod http_client;
mod instrument;
mod passback;
mod phase;
mod propagation;
#[cfg(feature = "analysis")]
pub mod render;
mod semconv;
mod server;
mod tool;

pub use glassbox_macros::{mcp_tool, phase};
pub use instrument::{Instrumented, ServiceHandler};
pub use passback::{
    EXTENSION_ID, MARCH_CAPABILITY, PassbackLimits, PassbackPolicy, PassbackRequest,
};
pub use phase::ErrorType;
#[cfg(feature = "http-server")]
pub use server::http;
#[cfg(feature = "stdio")]
pub use server::stdio;
pub use server::{Advertising, BuildError, ResourceProvider, ServeError, Server, ServerBuilder};
pub use tool::{Tool, ToolContext, ToolError};

/// The code in the documents compiles and runs.
#[cfg(all(
    doctest,
    feature = "http-client",
    feature = "http-server",
    feature = "stdio"
))]
mod documents {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/guide.md")]
    mod guide {}
    #[doc = include_str!("../../docs/phases.md")]
    mod phases {}
    #[doc = include_str!("../../docs/adopting.md")]
    mod adopting {}
}
