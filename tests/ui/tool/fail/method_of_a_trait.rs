use glassbox::{mcp_tool, mcp_tools};

trait Mailbox {
    #[mcp_tool]
    async fn count(&self) -> u32;
}

#[mcp_tools]
mod tools {
    pub fn count() -> u32 {
        1
    }
}

fn main() {}
