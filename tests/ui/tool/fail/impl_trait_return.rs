use glassbox::mcp_tool;

#[mcp_tool]
fn now() -> Result<impl ToString, std::fmt::Error> {
    Ok(1)
}

fn main() {}
