use glassbox::mcp_tool;

use std::rc::Rc;

#[mcp_tool]
async fn wait() -> u32 {
    let number = Rc::new(1);
    std::future::ready(()).await;
    *number
}

fn main() {}
