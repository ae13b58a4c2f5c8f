use glassbox::mcp_resource;

#[mcp_resource("note://all", scopes("notes.read notes.write", "notes.read", "notes.read"))]
fn all() -> String {
    String::new()
}

#[mcp_resource("note://{id}", scopes = "notes.read")]
fn note(id: String) -> String {
    id
}

fn main() {}
