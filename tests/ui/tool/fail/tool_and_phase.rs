use glassbox::{mcp_tool, phase};

#[mcp_tool]
#[phase("a")]
fn one() {}

#[phase("a")]
#[mcp_tool]
fn other() {}

fn main() {
    one();
    other();
}
