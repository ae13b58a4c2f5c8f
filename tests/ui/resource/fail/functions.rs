use glassbox::{mcp_resource, mcp_tool};

#[mcp_resource("note://nothing")]
fn nothing() {}

#[mcp_resource("note://generic")]
const unsafe fn generic<T>() -> impl std::fmt::Display {
    String::new()
}

#[mcp_resource("note://blocking", blocking)]
async fn waits() -> String {
    String::new()
}

#[mcp_resource("note://both")]
#[mcp_tool]
fn both() -> String {
    String::new()
}

#[mcp_resource("note://struct")]
struct Note;

struct Notes;

impl Notes {
    #[mcp_resource("note://method")]
    fn method(&self) -> String {
        String::new()
    }
}

fn main() {
    nothing();
}
