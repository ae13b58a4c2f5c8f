use glassbox::mcp_tool;

#[mcp_tool]
const unsafe extern "C" fn ping() {}

fn main() {}
