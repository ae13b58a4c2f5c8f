use std::sync::Arc;

use glassbox::mcp_tool;

trait Shape {}

struct Gmail;

#[mcp_tool]
fn apply(then: fn(u32) -> u32, shape: Option<Box<dyn Shape>>, gmail: Arc<Gmail>) -> u32 {
    let _ = (shape, gmail);
    then(1)
}

fn main() {
    apply(|number| number, None, Arc::new(Gmail));
}
