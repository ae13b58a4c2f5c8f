use glassbox::mcp_tool;

#[mcp_tool]
fn list(#[arg(default = "five")] count: u32, #[arg(default = 5)] query: String) -> String {
    format!("{count}{query}")
}

fn main() {}
