use glassbox::mcp_tool;

#[mcp_tool]
fn list(
    #[arg(default = -1)] first: u8,
    #[arg(default = 300)] count: u8,
    #[arg(default = 1.5)] pages: u32,
    #[arg(example = 128)] offset: Option<i8>,
) -> u32 {
    let _ = (first, count, offset);
    pages
}

fn main() {
    list(1, 1, 1, None);
}
