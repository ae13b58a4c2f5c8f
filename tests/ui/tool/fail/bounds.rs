use glassbox::mcp_tool;

const MOST: u32 = 20;

#[mcp_tool]
fn list(
    #[arg(minimum = 20, maximum = 1)] page: u32,
    #[arg(minimum = -1, maximum = 300)] size: Option<u8>,
    #[arg(maximum = 1.5)] weight: u32,
    #[arg(maximum = MOST)] most: u32,
    #[arg(maximum = 10)] query: String,
    #[arg(default = 0, minimum = 1, maximum = 20)] count: u32,
) -> String {
    format!("{page} {size:?} {weight} {most} {query} {count} {MOST}")
}

fn main() {}
