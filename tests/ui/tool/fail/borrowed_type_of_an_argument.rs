use std::collections::HashMap;
use std::path::Path;

use glassbox::mcp_tool;

#[mcp_tool]
fn search(query: &String, limit: &u32, exact: &bool, ids: &Vec<u32>, label: &Option<String>) -> u32 {
    let _ = (query, limit, exact, ids, label);
    1
}

#[mcp_tool]
fn count(words: &mut Vec<String>, by_name: &HashMap<String, &str>, root: &Path) -> u32 {
    let _ = (words, by_name, root);
    1
}

fn main() {
    search(&String::new(), &1, &true, &Vec::new(), &None);
    count(&mut Vec::new(), &HashMap::new(), Path::new("/"));
}
