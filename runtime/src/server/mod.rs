//! A server of annotated tools.
//!
//! ```text
//! ServerBuilder    options -> server; every fallible step          builder.rs
//! ToolHandler      tools and resources as an rmcp handler          handler.rs
//! Access           who may call which tool                         access.rs
//! Tools            the tools by name, built and checked            tools.rs
//! ToolSwitch       tools on and off while the server runs          switch.rs
//! ResourceProvider resources                                       resources.rs
//! http, stdio      the two transports, until a signal comes        http/, stdio.rs, shutdown.rs
//! ```

#[cfg(feature = "auth")]
mod access;
mod builder;
mod error;
mod handler;
#[cfg(feature = "http-server")]
pub mod http;
mod resources;
#[cfg(any(feature = "http-server", feature = "stdio"))]
mod shutdown;
#[cfg(feature = "stdio")]
pub mod stdio;
mod switch;
mod tools;

pub use builder::{Server, ServerBuilder};
pub use error::{BuildError, ServeError};
pub use resources::ResourceProvider;
pub use switch::{ToolSwitch, ToolSwitchError};
