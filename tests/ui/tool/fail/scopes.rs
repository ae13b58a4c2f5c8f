use glassbox::mcp_tool;

#[mcp_tool(scopes("files.read files.write"))]
fn together() {}

#[mcp_tool(scopes = "files.read")]
fn assigned() {}

#[mcp_tool(scopes("files.read", "files.read", FILES_WRITE))]
fn twice() {}

fn main() {}
