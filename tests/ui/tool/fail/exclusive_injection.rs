use glassbox::mcp_tool;

struct Gmail;

#[mcp_tool]
fn search(_gmail: &mut Gmail, query: String) -> String {
    query
}

fn main() {}
