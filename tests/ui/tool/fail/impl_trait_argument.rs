use glassbox::mcp_tool;

#[mcp_tool]
fn search(query: impl Into<String>) -> String {
    query.into()
}

fn main() {}
