//! Instrumented MCP tools with server execution telemetry (SEP-2448).
//!
//! An agent that calls a tool sees one opaque span. With Glassbox the server's
//! author annotates functions, the client asks for spans on a call, and they
//! come back in the answer as OTLP JSON: they join the client's own trace and
//! show where the time went.
//!
//! ```
//! use glassbox::{Server, ToolError, mcp_tool, phase};
//!
//! /// Adds up the lines of an order.
//! #[mcp_tool(read_only)]
//! async fn total(
//!     /// Prices, in cents
//!     lines: Vec<u32>,
//! ) -> Result<u32, ToolError> {
//!     #[phase("order.add", order.lines = lines.len())]
//!     let total = lines.iter().try_fold(0_u32, |sum, line| sum.checked_add(*line));
//!     total.ok_or_else(|| ToolError::new("the order is too large").with_type("overflow"))
//! }
//!
//! # fn build() -> Result<(), glassbox::BuildError> {
//! let server = Server::builder("orders", "1.0.0").tool::<total>().build()?;
//! // server.serve_http("127.0.0.1:8000").await, or server.serve_stdio().await
//! # Ok(())
//! # }
//! # build().unwrap();
//! ```
//!
//! A server that is written with rmcp adopts passback with [`Instrumented`]. On the other side, [`client::Client`] asks,
//! and [`client::Outcome`] has the result, the spans that were accepted, and what they show.
//!
//! # Features
//!
//! | feature | default | what it gives |
//! |---|---|---|
//! | `http-server` | yes | Streamable HTTP: [`Server::serve_http`], [`http::service`] |
//! | `stdio` | yes | [`Server::serve_stdio`], [`stdio::serve`] |
//! | `http-client` | no | [`http_client::TracingMiddleware`] for `reqwest-middleware` |
//! | `client` | no | [`client::Client`]: calls that ask for spans, and take them in safely |
//! | `forward` | no | [`forward`]: spans on to OTLP/HTTP receivers, queued, retried, counted |
//! | `auth` | no | [`auth`]: access tokens of callers over HTTP, and scopes of what they ask for |
//! | `tokens` | no | [`tokens`]: tokens of third parties that tools need |
//! | `analysis` | no | [`analysis`] and [`render`]: returned spans as a tree, with findings |
//! | `ingest` | no | [`ingest`]: what a server returned, checked before it goes anywhere |
//! | `testing` | no | [`testing`]: tools called in a unit test, their spans as text, and what would leave |
//!
//! # Options
//!
//! | option | default |
//! |---|---|
//! | [`PassbackPolicy`], what of the spans leaves | what Glassbox recorded and counts as public |
//! | [`PassbackLimits`], how much leaves | 256 spans, 240,000 bytes, answers up to 16 MiB less 64 KiB |
//! | [`TelemetryOptions`], your own export and metrics beside it | nothing is exported or measured |
//! | [`TelemetryMode`], on, propagate only, off | on |
//! | [`PassbackGrant`], who gets it | whoever asks, as much as they ask for |
//! | [`PassbackRateLimit`], how often | no bound |
//! | [`ServerBuilder::redact`], which secrets are looked for | the request's own credentials, and what [`redact()`] is told on the way |
//! | [`ServerBuilder::reference_profile`], attributes for some back ends | off |
//! | [`ServerBuilder::passback_for_prompts`], spans of `prompts/get` | off |
//! | [`ServerBuilder::resources`], resources found at run time | those of functions alone |
//! | [`ServerBuilder::auth`], who may call over HTTP | everybody |
//! | [`Auth`](auth::Auth), how tokens are checked | 30 s of leeway; keys fetched again after 5 min, kept for 24 h, fetched every 10 s at most and within 5 s; 1,000 tokens remembered |
//! | [`ServerBuilder::stdio_identity`], who calls on stdio | nobody |
//! | [`ServerBuilder::list_permitted_only`] | `false` |
//! | [`ServerBuilder::tool_switch`], tools that come and go | all tools, always |
//! | [`ServerBuilder::allowed_hosts`] | `localhost`, `127.0.0.1`, `::1` |
//! | [`ServerBuilder::allowed_origins`] | pages of this machine |
//! | [`Client::with_passback`](client::Client::with_passback), what calls ask for | [`PassbackRequest::TopLevel`] |
//! | [`Client::with_tracer_provider`](client::Client::with_tracer_provider) | the global one |
//! | [`Client::with_baggage`](client::Client::with_baggage) | the context's baggage goes to the server |
//! | [`Client::with_timeout`](client::Client::with_timeout) | none |
//! | [`Lift::with_max_telemetry_bytes`](client::Lift::with_max_telemetry_bytes), how much is cut out of an answer | 16 MiB |
//! | [`IngestLimits`](ingest::IngestLimits), how much is taken from an answer | 8 MiB, 10,000 spans, 256 attributes, events and links each, 120 levels, 256 KiB a string; 65,536 ids remembered |
//! | [`Ingest::with_reparented`](ingest::Ingest::with_reparented), spans below a gateway's | refused |
//! | [`Sink`](forward::Sink), how it is written | JSON, uncompressed, 10 s a request; from the environment protobuf |
//! | [`ForwarderBuilder`](forward::ForwarderBuilder), how much waits and for how long | 64 MiB and 100,000 spans a sink; batches of 1 MiB, 2,048 spans or 200 ms; retries after 1 s to 30 s, for 5 min; no spool |
//! | [`TextOptions`](render::TextOptions) | 80 columns, no colour, 200 lines |

#![cfg_attr(
    not(all(
        feature = "http-server",
        feature = "stdio",
        feature = "http-client",
        feature = "analysis",
        feature = "auth",
        feature = "tokens",
        feature = "client",
        feature = "forward",
        feature = "ingest",
        feature = "testing"
    )),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the table of features links to all of them"
    )
)]

#[cfg(feature = "bench-internals")]
#[doc(hidden)]
pub mod __bench;
#[doc(hidden)]
pub mod __private;
mod advertise;
#[cfg(feature = "analysis")]
pub mod analysis;
#[cfg(feature = "auth")]
pub mod auth;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "forward")]
pub mod forward;
mod guarded;
#[cfg(feature = "http-client")]
pub mod http_client;
#[cfg(feature = "ingest")]
pub mod ingest;
mod instrument;
mod lane;
#[cfg(feature = "analysis")]
pub mod otlp;
mod passback;
mod phase;
mod prompt;
mod propagation;
mod redact;
#[cfg(feature = "analysis")]
pub mod render;
mod resource;
mod semconv;
mod server;
mod spawn;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
#[cfg(feature = "tokens")]
pub mod tokens;
mod tool;
mod uri;

pub use advertise::Advertising;
pub use glassbox_macros::{mcp_prompt, mcp_resource, mcp_tool, mcp_tools, phase};
pub use instrument::{Instrumented, ServiceHandler, TelemetryMode, TelemetryOptions};
pub use passback::{
    AttributeMatch, EXTENSION_ID, MARCH_CAPABILITY, PassbackCounts, PassbackGrant, PassbackLimits,
    PassbackPolicy, PassbackRateLimit, PassbackRequest, RedactError, Secrets, SecretsError,
    SpanMatch,
};
pub use phase::{ErrorType, PhaseName};
pub use prompt::Prompt;
pub use redact::redact;
pub use resource::{Resource, ResourceError};
#[cfg(feature = "http-server")]
pub use server::http;
#[cfg(feature = "stdio")]
pub use server::stdio;
pub use server::{
    BuildError, ResourceProvider, ServeError, Server, ServerBuilder, ToolSwitch, ToolSwitchError,
};
pub use spawn::{InRequest, InRequestExt, spawn, spawn_blocking};
pub use tool::{IntoToolSet, Tool, ToolContext, ToolError, ToolMethods, ToolSet};

/// The code in the documents compiles and runs.
#[cfg(all(
    doctest,
    feature = "http-client",
    feature = "http-server",
    feature = "stdio"
))]
mod documents {
    #[doc = include_str!("../../macros/docs/mcp_tool.md")]
    mod mcp_tool {}
    #[doc = include_str!("../../macros/docs/mcp_tools.md")]
    mod mcp_tools {}
    #[doc = include_str!("../../macros/docs/mcp_resource.md")]
    mod mcp_resource {}
    #[doc = include_str!("../../macros/docs/mcp_prompt.md")]
    mod mcp_prompt {}
    #[doc = include_str!("../../macros/docs/phase.md")]
    mod phase {}
    #[cfg(all(feature = "client", feature = "forward"))]
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[cfg(all(feature = "client", feature = "forward"))]
    #[doc = include_str!("../../docs/client.md")]
    mod client {}
    #[doc = include_str!("../../docs/guide.md")]
    mod guide {}
    #[doc = include_str!("../../docs/schemas.md")]
    mod schemas {}
    #[doc = include_str!("../../docs/phases.md")]
    mod phases {}
    #[cfg(feature = "testing")]
    #[doc = include_str!("../../docs/testing.md")]
    mod testing {}
    #[cfg(feature = "testing")]
    #[doc = include_str!("../../docs/security.md")]
    mod security {}
    #[cfg(feature = "auth")]
    #[doc = include_str!("../../docs/auth.md")]
    mod auth {}
    #[doc = include_str!("../../docs/passback.md")]
    mod passback {}
    #[doc = include_str!("../../docs/adopting.md")]
    mod adopting {}
    #[cfg(feature = "forward")]
    #[doc = include_str!("../../docs/telemetry.md")]
    mod telemetry {}
    #[cfg(feature = "analysis")]
    #[doc = include_str!("../../docs/findings.md")]
    mod findings {}
    #[cfg(feature = "analysis")]
    #[doc = include_str!("../../docs/reading.md")]
    mod reading {}
}
