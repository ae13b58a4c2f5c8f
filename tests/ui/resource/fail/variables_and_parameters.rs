use glassbox::mcp_resource;

#[mcp_resource("note://{id}/{part}")]
fn note(ident: String) -> String {
    ident
}

#[mcp_resource("note://all")]
fn all(id: String) -> String {
    id
}

fn main() {
    note(String::new());
    glassbox::Server::builder("n", "1").resource::<note>().resource::<all>();
}
