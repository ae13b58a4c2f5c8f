use glassbox::mcp_tool;

struct Gmail;

#[mcp_tool]
fn search(gmail: &'static Gmail, twice: &&Gmail) -> u32 {
    let _ = (gmail, twice);
    1
}

fn main() {
    search(&Gmail, &&Gmail);
}
