use glassbox::mcp_tool;

// What an alias hides from the macro, the compiler sees.
type Count = u32;
type Query = String;

#[mcp_tool]
fn list(#[arg(default = "five")] count: Count, #[arg(default = 5)] query: Query) -> String {
    format!("{count}{query}")
}

fn main() {}
