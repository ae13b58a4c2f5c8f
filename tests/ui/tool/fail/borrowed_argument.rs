use glassbox::mcp_tool;

#[mcp_tool]
fn search(query: &str, ids: &[u32], label: Option<&str>) -> String {
    format!("{query} {ids:?} {label:?}")
}

fn main() {
    search("", &[], None);
}
