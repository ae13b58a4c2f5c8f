use glassbox::mcp_tool;

struct Gmail;

impl Gmail {
    #[mcp_tool]
    fn search(&self, query: String) -> String {
        query
    }
}

fn main() {
    Gmail.search(String::new());
}
