//! A server of annotated tools.
//!
//! ```text
//! ServerBuilder    options -> server; every fallible step          builder.rs
//! ToolHandler      all that is offered as an rmcp handler          handler.rs
//! attend           the author's code, while its client waits   attend.rs
//! Access           who may call which tool                         access.rs
//! Tools            the tools by name, built and checked            tools.rs
//! ToolSwitch       what is offered, on and off while it runs       switch/
//! Resources        the resources by URI, checked                   resources.rs
//! ResourceProvider resources found at run time                     provider.rs
//! Prompts          the prompts by name, checked                    prompts.rs
//! http, stdio      the two transports, until a signal comes        http/, stdio/, shutdown.rs
//! ```

#[cfg(feature = "auth")]
mod access;
mod attend;
mod builder;
mod consent;
mod error;
mod handler;
#[cfg(feature = "http-server")]
pub mod http;
mod prompts;
mod provider;
mod resources;
#[cfg(any(feature = "http-server", feature = "stdio"))]
mod shutdown;
#[cfg(feature = "stdio")]
pub mod stdio;
mod switch;
mod tools;

pub use builder::{Server, ServerBuilder};
pub use error::{BuildError, ServeError};
pub use provider::ResourceProvider;
pub use switch::{ToolSwitch, ToolSwitchError};

/// A server that serves, and what it is made of left aside: the compiler looks through every future that a function
/// awaits, here into axum and rmcp, each time its crate is checked.
#[cfg(any(feature = "http-server", feature = "stdio"))]
type Serving<'a> = std::pin::Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send + 'a>>;
