use glassbox::mcp_prompt;

#[mcp_prompt(scopes("notes.read notes.write", "notes.read", NOTES_READ))]
fn summarize() -> String {
    String::new()
}

#[mcp_prompt(scopes)]
fn compare() -> String {
    String::new()
}

fn main() {}
