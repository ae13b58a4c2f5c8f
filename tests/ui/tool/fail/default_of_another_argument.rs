use glassbox::mcp_tool;

#[mcp_tool]
fn page(first: u32, #[arg(default = first + 10)] last: u32) -> u32 {
    last - first
}

fn main() {
    page(1, 2);
}
