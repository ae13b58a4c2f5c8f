//! A crate that re-exports Glassbox under another path.
#![deny(warnings)]

mod facade {
    pub mod glass {
        pub use ::glassbox::*;
    }
}

use facade::glass::{Tool, mcp_tool, phase};

#[mcp_tool(crate = crate::facade::glass)]
fn ping() -> String {
    #[phase("a")]
    let text = String::from("pong");
    text
}

#[phase("b", crate = crate::facade::glass)]
fn other() {}

fn registered<T: Tool>() {}

fn main() {
    registered::<ping>();
    other();
}
