use glassbox::mcp_tool;

#[mcp_tool]
fn length(text: str) -> usize {
    text.len()
}

fn main() {}
