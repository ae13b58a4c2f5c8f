//! The model reads why a tool failed.

use glassbox::{mcp_prompt, mcp_resource, mcp_tool};

struct Broken;

#[mcp_tool]
fn tool() -> Result<u32, Broken> {
    Err(Broken)
}

#[mcp_resource("notes://all")]
fn resource() -> Result<String, Broken> {
    Err(Broken)
}

#[mcp_prompt]
fn prompt() -> Result<String, Broken> {
    Err(Broken)
}

fn main() {}
