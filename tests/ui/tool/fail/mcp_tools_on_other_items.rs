use glassbox::{mcp_tool, mcp_tools};

#[mcp_tools]
struct Gmail;

#[mcp_tools]
fn search() {}

#[mcp_tools]
trait Notes {
    fn add(&self);
}

#[mcp_tool]
impl Gmail {
    fn list(&self) {}
}

fn main() {
    search();
    Gmail.list();
}
