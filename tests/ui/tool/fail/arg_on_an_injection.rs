use glassbox::mcp_tool;

struct Gmail;

#[mcp_tool]
fn search(#[arg(default)] _gmail: &Gmail) {}

fn main() {}
