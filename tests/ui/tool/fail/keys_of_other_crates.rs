use glassbox::mcp_tool;

#[mcp_tool(annotations(read_only_hint = true))]
fn add(#[arg(required)] one: u32, #[arg(optional)] another: Option<u32>) -> u32 {
    one + another.unwrap_or(0)
}

fn main() {
    add(1, None);
}
