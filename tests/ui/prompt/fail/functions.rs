use glassbox::{mcp_prompt, mcp_resource};

#[mcp_prompt]
fn nothing() {}

#[mcp_prompt(nmae = "x", blocking)]
async fn waits() -> String {
    String::new()
}

#[mcp_prompt]
const unsafe fn generic<T>() -> impl std::fmt::Display {
    ""
}

#[mcp_prompt]
#[mcp_resource("note://both")]
fn both() -> String {
    String::new()
}

#[mcp_prompt(name = "")]
fn unnamed() -> String {
    String::new()
}

fn main() {
    nothing();
    glassbox::Server::builder("n", "1").prompt::<nothing>();
}
