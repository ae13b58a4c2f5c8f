//! A lifetime that is left out is seen by the compiler only.

use glassbox::mcp_tool;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Query<'a> {
    text: &'a str,
}

#[mcp_tool]
fn search(query: Query) -> String {
    query.text.to_owned()
}

fn main() {}
