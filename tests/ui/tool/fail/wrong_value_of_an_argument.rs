use glassbox::mcp_tool;

#[mcp_tool(name = list, read_only = "yes", title)]
fn list() {}

#[mcp_tool("list")]
fn list_again() {}

fn main() {}
