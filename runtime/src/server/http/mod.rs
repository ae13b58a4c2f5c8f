//! Streamable HTTP, in both lifecycles: stateless requests of protocol
//! 2026-07-28, and sessions of the older protocols.
//!
//! rmcp's service does the protocol, axum the connections. In between,
//! [`HttpService`] lets spans join the answers as text, announces the top-level
//! capability, which rmcp's types have no place for, and counts requests in
//! flight so that a shutdown can wait for them.

mod announce;
mod bound;
mod options;
mod outgoing;
mod pieces;
mod service;

pub use bound::BoundServer;
pub use options::HttpOptions;
pub use service::{HttpService, service};

/// Path of the MCP endpoint.
pub const ENDPOINT_PATH: &str = "/mcp";
