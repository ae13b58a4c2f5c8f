use glassbox::mcp_tool;
use std::borrow::Cow;

#[mcp_tool]
fn search(query: Cow<'_, str>) -> String {
    query.into_owned()
}

fn main() {}
