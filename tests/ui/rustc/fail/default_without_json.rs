//! A default is a part of the schema.

use glassbox::mcp_tool;

#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
struct Filter {
    label: String,
}

#[mcp_tool]
fn search(#[arg(default)] filter: Filter) -> String {
    filter.label
}

fn main() {}
