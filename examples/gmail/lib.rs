//! The Gmail example: an MCP server in front of Gmail, and an agent that sees inside its calls.
//!
//! ```text
//! cli         the command line                         screen   where output goes, and how it looks
//! demo        both acts in one process                 call     one tool call that asks for spans
//! agent       a sentence in, an answer and a tree out  http     the HTTP client of both sides
//! server      the MCP server: tools and resources
//! client      the Gmail REST API, called
//! simulator   the Gmail REST API, answered
//! ```

pub mod agent;
pub mod call;
pub mod cli;
pub mod client;
pub mod demo;
pub mod http;
pub mod screen;
pub mod server;
pub mod simulator;
