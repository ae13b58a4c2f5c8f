use glassbox::mcp_tool;

struct Query;

#[mcp_tool]
fn search(query: Query) -> String {
    let Query = query;
    String::new()
}

fn main() {}
