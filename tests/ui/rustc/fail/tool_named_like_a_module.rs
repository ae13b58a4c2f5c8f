//! The name of a tool is also the name of a type.

use glassbox::mcp_tool;

mod search {}

#[mcp_tool]
fn search() -> u32 {
    1
}

fn main() {}
