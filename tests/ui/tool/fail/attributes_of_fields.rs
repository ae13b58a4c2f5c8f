//! A parameter is described with `#[arg]`, not as a field of a struct is.

use glassbox::{mcp_prompt, mcp_tool};

#[mcp_tool]
fn list(
    #[serde(default)] count: u32,
    #[schemars(range(min = 1))] page: u32,
    #[validate(email)] address: String,
) -> String {
    format!("{address} {count} {page}")
}

#[mcp_prompt]
fn review(#[serde(rename = "lang")] language: String) -> String {
    language
}

fn main() {}
