use glassbox::{mcp_prompt, mcp_resource, mcp_tool};

#[mcp_tool(title = "", description = "")]
fn list(#[arg(description = " ")] count: u32) -> u32 {
    count
}

#[mcp_resource("notes://all", title = "")]
fn notes() -> String {
    String::new()
}

#[mcp_prompt(description = "")]
fn review() -> String {
    String::new()
}

fn main() {}
