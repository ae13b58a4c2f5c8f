//! The smallest server: one tool, one phase.
//!
//! `cargo run --example hello` serves http://127.0.0.1:8000/mcp; `cargo run --example hello -- --stdio` serves standard
//! input and output.

use glassbox::{Server, mcp_tool, phase};

/// Greets somebody.
#[mcp_tool(read_only)]
fn hello(
    /// Who is greeted
    #[arg(default = "world")]
    name: String,
) -> String {
    // A stage of the call, with a span of its own.
    #[phase("compose", hello.length = name.len())]
    let greeting = format!("Hello, {name}!");
    greeting
}

#[tokio::main]
async fn main() -> Result<(), glassbox::ServeError> {
    let server = Server::builder("hello", env!("CARGO_PKG_VERSION")).tool::<hello>();
    if std::env::args().any(|argument| argument == "--stdio") {
        server.serve_stdio().await
    } else {
        server.serve_http("127.0.0.1:8000").await
    }
}
