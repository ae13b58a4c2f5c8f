use glassbox::mcp_resource;

const NOTES: &str = "notes://all";

#[mcp_resource(uri = "notes://all")]
fn all() -> String {
    String::new()
}

#[mcp_resource(uri_template = "notes://{id}", mime_type = "text/markdown")]
fn note(id: String) -> String {
    id
}

#[mcp_resource(NOTES)]
fn constant() -> String {
    NOTES.to_owned()
}

fn main() {}
