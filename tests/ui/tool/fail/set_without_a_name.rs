use glassbox::{mcp_tool, mcp_tools};

struct Gmail;

#[mcp_tools(set = "admin")]
impl Gmail {
    #[mcp_tool]
    fn list(&self) {}
}

fn main() {
    Gmail.list();
}
