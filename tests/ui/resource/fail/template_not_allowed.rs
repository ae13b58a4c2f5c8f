use glassbox::mcp_resource;

#[mcp_resource("note://{id")]
fn open(id: String) -> String {
    id
}

#[mcp_resource("note://search{?q}")]
fn query(q: String) -> String {
    q
}

#[mcp_resource("note://{a}{b}")]
fn adjacent(a: String, b: String) -> String {
    a + &b
}

#[mcp_resource("note://{a}/{a}")]
fn twice(a: String) -> String {
    a
}

#[mcp_resource("note://{+path}/text")]
fn rest(path: String) -> String {
    path
}

fn main() {}
