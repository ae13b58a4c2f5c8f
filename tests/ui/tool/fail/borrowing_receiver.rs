use glassbox::{mcp_tool, mcp_tools};

struct Gmail<'a>(&'a str);

#[mcp_tools]
impl<'a> Gmail<'a> {
    #[mcp_tool]
    fn token(&self) -> String {
        self.0.to_owned()
    }
}

fn main() {
    Gmail("token").token();
}
