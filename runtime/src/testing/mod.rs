//! Tools in unit tests: called through their server, without a transport.
//!
//! A tool is a function, and most of its tests just call it. What the server
//! adds (arguments, schemas, errors, spans, what of them leaves) is tested
//! here: [`call`] goes the way of a request through the server, in this
//! process, and an [`Answer`] has what a client would get.
//!
//! ```text
//! Request    what is sent: arguments, `_meta`, headers          request.rs
//! UnderTest  what it is sent to                                 subject.rs
//! Wire       a client and a transport, as far as needed         wire.rs
//! Answer     what comes back: result, notifications, spans      answer.rs
//! Snapshot   how spans are written                              snapshot.rs
//! tree       the spans as a tree                                tree.rs
//! Exposure   all that leaves, and what stays                    exposure/
//! ```
//!
//! # Examples
//!
//! ```
//! use glassbox::{Server, ToolError, mcp_tool, phase, testing};
//! use serde_json::json;
//!
//! /// Adds up the lines of an order.
//! #[mcp_tool(read_only)]
//! async fn total(lines: Vec<u32>) -> Result<u32, ToolError> {
//!     #[phase("order.add", order.lines = lines.len())]
//!     let total = lines.iter().sum();
//!     Ok(total)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder("orders", "1.0.0").tool::<total>().build()?;
//! let call = testing::call(&server, "total", json!({"lines": [1, 2]})).await;
//!
//! assert_eq!(call.result()?.structured_content, Some(json!(3)));
//! assert_eq!(call.tree(), "tools/call total SERVER\n└─ order.add order.lines=2\n");
//! println!("{}", call.exposed()); // all that leaves, and what stays
//! # Ok(())
//! # }
//! ```
//!
//! # Fake time
//!
//! Nothing here sleeps, opens a socket or starts a thread, and a call leaves no
//! task behind: under `#[tokio::test(start_paused = true)]` a tool that sleeps
//! for an hour answers at once.

mod answer;
mod exposure;
mod request;
mod snapshot;
mod subject;
mod tree;
mod wire;

use rmcp::model::{CallToolResult, GetPromptResult, ReadResourceResult};
use serde_json::Value;

pub use answer::{Answer, NoResult};
pub use exposure::Exposure;
pub use request::Request;
pub use snapshot::Snapshot;
pub use subject::UnderTest;

/// Calls a tool and asks for all spans. See [`Request`] for other ways to ask.
///
/// Must run in a Tokio runtime, of any kind. If the server panics, so does
/// this; the tools of a [`Server`](crate::Server) answer with an error
/// instead, as they do for clients.
///
/// # Cancel safety
///
/// Dropped, it drops the call: its phases end as cancelled.
pub async fn call(server: &impl UnderTest, tool: &str, arguments: Value) -> Answer<CallToolResult> {
    Request::tool(tool, arguments).send(server).await
}

/// Reads a resource and asks for all spans; all else as in [`call`].
pub async fn read(server: &impl UnderTest, uri: &str) -> Answer<ReadResourceResult> {
    Request::resource(uri).send(server).await
}

/// Gets a prompt and asks for all spans; all else as in [`call`].
///
/// There are spans only of servers with
/// [`passback_for_prompts`](crate::ServerBuilder::passback_for_prompts).
pub async fn get(
    server: &impl UnderTest,
    prompt: &str,
    arguments: Value,
) -> Answer<GetPromptResult> {
    Request::prompt(prompt, arguments).send(server).await
}
