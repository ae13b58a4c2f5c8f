use glassbox::{mcp_tool, mcp_tools};

struct Gmail;
struct Mail;

#[mcp_tools(prefix = "my mail ")]
impl Gmail {
    #[mcp_tool]
    fn list(&self) {}
}

#[mcp_tools(prefix = "")]
impl Mail {
    #[mcp_tool]
    fn list(&self) {}
}

fn main() {
    Gmail.list();
    Mail.list();
}
