use glassbox::{Server, mcp_tool};

#[mcp_tool]
fn search() -> u32 {
    1
}

fn main() {
    let _ = Server::builder("a", "1").tool();
}
