use glassbox::mcp_resource;

#[mcp_resource]
fn missing() -> String {
    String::new()
}

#[mcp_resource(name = "late", "note://late")]
fn late() -> String {
    String::new()
}

#[mcp_resource("notes")]
fn without_a_scheme() -> String {
    String::new()
}

#[mcp_resource("note://two words")]
fn with_a_space() -> String {
    String::new()
}

fn main() {}
