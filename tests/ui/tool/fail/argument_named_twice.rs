use glassbox::mcp_tool;

#[mcp_tool]
fn copy(#[arg(rename = "to")] from: String, to: String) -> String {
    from + &to
}

fn main() {}
