use glassbox::mcp_tool;

#[mcp_tool(name = "list emails")]
fn list() {}

#[mcp_tool(name = "")]
fn empty() {}

#[mcp_tool]
fn größe() {}

fn main() {}
