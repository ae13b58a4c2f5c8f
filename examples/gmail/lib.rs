//! The Gmail example: an MCP server in front of Gmail, and an agent that sees inside its calls.
//!
//! ```text
//! cli         the command line                         screen     where output goes, and how it looks
//! demo        both acts in one process                 telemetry  the agent's own spans
//! agent       a question in, an answer and a tree out  semconv    what their attributes are called
//! model       who answers: an API, or a script         http       the HTTP client of all sides
//! call        one tool call that asks for spans         sign_in    the token that a server asks for
//! server      the MCP server: tools and resources
//! access      who may call it
//! client      the Gmail REST API, called
//! simulator   the Gmail REST API, answered
//! identity    an identity provider, for who may call the server
//! arcade      Arcade's authorization API, answered
//! ```

pub mod access;
pub mod agent;
pub mod arcade;
pub mod call;
pub mod cli;
pub mod client;
pub mod demo;
pub mod http;
pub mod identity;
pub mod model;
pub mod page;
pub mod screen;
mod semconv;
pub mod server;
pub mod sign_in;
pub mod simulator;
pub mod telemetry;
