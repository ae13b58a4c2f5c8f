use glassbox::mcp_resource;

struct Id;

#[mcp_resource("note://{id}")]
fn note(id: Id) -> String {
    let Id = id;
    String::new()
}

fn main() {}
