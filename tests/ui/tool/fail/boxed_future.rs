use std::pin::Pin;

use glassbox::mcp_tool;

#[mcp_tool]
fn wait() -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async { 1 })
}

fn main() {
    drop(wait());
}
