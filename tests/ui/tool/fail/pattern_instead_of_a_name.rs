use glassbox::mcp_tool;

#[mcp_tool]
fn between((from, to): (u32, u32)) -> String {
    format!("{from} to {to}")
}

fn main() {}
