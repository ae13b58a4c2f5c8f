use glassbox::{mcp_tool, mcp_tools};

struct Gmail;

#[mcp_tools]
impl Gmail {
    #[mcp_tool]
    fn list(&self) {}
}

#[mcp_tools]
impl Gmail {
    #[mcp_tool]
    fn send(&self) {}
}

fn main() {}
