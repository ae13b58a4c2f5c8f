use glassbox::mcp_tool;

#[mcp_tool(nmae = "list", readonly, colour = "red")]
fn list(#[arg(minimun = 1)] max_results: u32) -> String {
    max_results.to_string()
}

fn main() {}
