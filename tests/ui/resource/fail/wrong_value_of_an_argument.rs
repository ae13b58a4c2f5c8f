use glassbox::mcp_resource;

#[mcp_resource("note://{id}", size = 3, mime_type = "text", name = "", priority = 1.5)]
fn note(id: String) -> String {
    id
}

#[mcp_resource("note://all", audience(robot), wholly_unknown)]
fn all() -> String {
    String::new()
}

fn main() {}
