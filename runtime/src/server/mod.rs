//! A server of annotated tools.
//!
//! ```text
//! ServerBuilder    options -> server; every fallible step          builder.rs
//! ToolHandler      all that is offered as an rmcp handler          handler.rs
//! Access           who may call which tool                         access.rs
//! Tools            the tools by name, built and checked            tools.rs
//! ToolSwitch       tools on and off while the server runs          switch.rs
//! Resources        the resources by URI, checked                   resources.rs
//! ResourceProvider resources found at run time                     provider.rs
//! Prompts          the prompts by name, checked                    prompts.rs
//! http, stdio      the two transports, until a signal comes        http/, stdio/, shutdown.rs
//! ```

#[cfg(feature = "auth")]
mod access;
mod builder;
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
