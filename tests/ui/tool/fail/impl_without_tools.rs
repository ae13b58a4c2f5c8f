use glassbox::mcp_tools;

struct Gmail;

#[mcp_tools]
impl Gmail {
    fn search(&self, query: String) -> String {
        query
    }
}

fn main() {
    Gmail.search(String::new());
    let _ = glassbox::ToolSet::of(Gmail);
}
