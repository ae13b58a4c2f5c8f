use glassbox::{mcp_prompt, mcp_resource};

struct Note;
struct Failed;

#[mcp_resource("note://one")]
fn note() -> Result<Note, Failed> {
    Ok(Note)
}

#[mcp_prompt]
fn prompt() -> Result<Note, Failed> {
    Ok(Note)
}

fn main() {}
