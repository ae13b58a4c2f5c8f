use glassbox::mcp_tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// What an alias hides from the macro, the compiler sees.
type Count = u32;
type Query = String;

#[derive(Deserialize, JsonSchema, Serialize)]
enum Order {
    Newest,
}

#[mcp_tool]
fn list(
    #[arg(default = "five")] count: Count,
    #[arg(default = 5)] query: Query,
    #[arg(default = "Newest")] order: Order,
) -> String {
    let Order::Newest = order;
    format!("{count}{query}")
}

fn main() {}
