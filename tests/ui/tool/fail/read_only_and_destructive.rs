use glassbox::mcp_tool;

#[mcp_tool(read_only, destructive)]
fn delete(id: u32) -> String {
    id.to_string()
}

fn main() {}
