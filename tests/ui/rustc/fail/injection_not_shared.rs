use glassbox::mcp_tool;

use std::cell::Cell;

#[mcp_tool]
fn count(counter: &Cell<u32>) -> String {
    counter.get().to_string()
}

fn main() {}
