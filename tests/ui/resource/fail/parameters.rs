use glassbox::mcp_resource;

#[mcp_resource("note://{a}/{b}/{c}/{d}")]
fn note(a: &str, b: impl std::fmt::Display, #[arg(default)] c: u8, #[cfg(unix)] d: u8) -> String {
    drop((a, b, c, d));
    String::new()
}

fn main() {}
