use glassbox::mcp_tool;

struct Gmail<'a>(&'a str);

#[mcp_tool]
fn user<'a>(gmail: &Gmail<'a>) -> String {
    gmail.0.to_owned()
}

fn main() {}
