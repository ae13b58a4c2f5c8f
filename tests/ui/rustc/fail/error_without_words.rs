use glassbox::mcp_tool;

struct Silent;

#[mcp_tool]
fn list() -> Result<String, Silent> {
    Err(Silent)
}

fn main() {}
