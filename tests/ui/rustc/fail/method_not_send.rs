use std::rc::Rc;

use glassbox::{mcp_tool, mcp_tools};

struct Gmail;

#[mcp_tools]
impl Gmail {
    #[mcp_tool]
    async fn list(&self) -> u32 {
        let number = Rc::new(1);
        std::future::ready(()).await;
        *number
    }
}

fn main() {}
