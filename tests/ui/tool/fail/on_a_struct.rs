use glassbox::mcp_tool;

#[mcp_tool]
pub struct ListEmails {
    pub max_results: u32,
}

fn main() {
    let _ = ListEmails { max_results: 1 };
}
