use glassbox::mcp_prompt;

struct State;

#[mcp_prompt]
fn prompt(
    a: &str,
    b: impl std::fmt::Display,
    #[arg(minimum = 3)] c: u8,
    #[arg] #[arg] d: u8,
    #[arg(rename = "d")] e: u8,
    #[arg(default)] f: &State,
    (g, h): (u8, u8),
) -> String {
    drop((a, b, c, d, e, f, g, h));
    String::new()
}

fn main() {}
