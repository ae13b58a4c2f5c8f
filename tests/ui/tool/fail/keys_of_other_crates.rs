use glassbox::mcp_tool;

#[mcp_tool(annotations(read_only_hint = true), output_schema = u32)]
fn add(
    #[arg(required, type = "integer")] one: u32,
    #[arg(optional)] another: Option<u32>,
    #[arg(enum = ["up", "down"])] round: String,
) -> u32 {
    let _ = round;
    one + another.unwrap_or(0)
}

fn main() {
    add(1, None, String::new());
}
