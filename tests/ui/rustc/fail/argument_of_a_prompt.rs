//! Arguments of prompts are read from text.

use glassbox::mcp_prompt;

struct Date;

#[mcp_prompt]
fn on(date: Date) -> String {
    let Date = date;
    String::new()
}

#[mcp_prompt]
fn since(date: Option<Date>, labels: Vec<String>) -> String {
    let _ = date;
    labels.concat()
}

fn main() {}
