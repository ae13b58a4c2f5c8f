//! What only the compiler can say, in words of its own; the guide tells what to write instead.

use glassbox::{Server, mcp_tool};

#[mcp_tool]
fn search() -> u32 {
    1
}

fn unmarked() -> u32 {
    1
}

mod math {
    use glassbox::mcp_tool;

    #[mcp_tool]
    fn private() -> u32 {
        1
    }
}

fn main() {
    let _ = Server::builder("a", "1").tool(search);
    let _ = Server::builder("a", "1").tool::<unmarked>();
    let _ = Server::builder("a", "1").tool::<math::private>();
}
