//! The attribute of a function does not see the block that the function stands in.

use glassbox::mcp_tool;

struct Math;

impl Math {
    #[mcp_tool]
    fn add(one: u32, another: u32) -> u32 {
        one + another
    }
}

fn main() {}
