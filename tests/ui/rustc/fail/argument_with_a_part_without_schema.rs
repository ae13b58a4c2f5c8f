//! The type that lacks something is a part of the argument's.

use glassbox::mcp_tool;

#[derive(serde::Deserialize)]
struct Filter;

#[mcp_tool]
fn search(filters: Option<Vec<Filter>>) -> String {
    let _ = filters;
    String::new()
}

fn main() {}
