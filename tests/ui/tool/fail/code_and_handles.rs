use std::sync::Arc;

use glassbox::mcp_tool;

struct Gmail;

#[mcp_tool]
fn apply(then: fn(u32) -> u32, also: Option<Box<dyn Fn(u32) -> u32>>, gmail: Arc<Gmail>) -> u32 {
    let _ = (also, gmail);
    then(1)
}

fn main() {
    apply(|number| number, None, Arc::new(Gmail));
}
