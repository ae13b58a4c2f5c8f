use glassbox::mcp_tool;

#[mcp_tool]
fn search(#[cfg(all())] query: String) -> String {
    query
}

fn main() {}
