//! A server is given what is no tool, or something else than it was marked as.

use glassbox::{Server, mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

struct Search;

struct Mail;

#[mcp_tools]
impl Mail {
    #[mcp_tool]
    fn count(&self) -> u32 {
        1
    }
}

#[mcp_tool]
fn tool() -> u32 {
    1
}

#[mcp_resource("notes://all")]
fn resource() -> String {
    String::new()
}

#[mcp_prompt]
fn prompt() -> String {
    String::new()
}

fn main() {
    let _ = Server::builder("a", "1").tool::<Search>();
    let _ = Server::builder("a", "1").tools(Search);
    let _ = Server::builder("a", "1").tools(&Mail);
    let _ = Server::builder("a", "1").tools((tool, tool));
    let _ = Server::builder("a", "1").tool::<resource>();
    let _ = Server::builder("a", "1").resource::<prompt>();
    let _ = Server::builder("a", "1").prompt::<tool>();
}
