use glassbox::{mcp_tool, mcp_tools};

struct Gmail;

#[mcp_tools(prefx = "gmail_")]
impl Gmail {
    #[mcp_tool(titel = "Search")]
    fn search(&self, query: &str) -> usize {
        query.len()
    }

    #[mcp_tool(crate = glassbox)]
    fn count<T>(&self, #[arg(minimum = 5, maximum = 1)] max: u32) -> u32 {
        max
    }

    #[mcp_tool(name = "search")]
    fn search_again(&self) {}

    #[mcp_tool]
    const MAX: u32 = 1;

    #[cfg_attr(all(), mcp_tool)]
    fn hidden(&self) {}
}

fn main() {
    Gmail.search("the methods still exist");
    Gmail.count::<u8>(Gmail::MAX);
    Gmail.search_again();
    Gmail.hidden();
    let _ = glassbox::ToolSet::of(Gmail);
}
