use glassbox::mcp_tool;

#[mcp_tool(blocking)]
async fn compute() -> u32 {
    1
}

fn main() {
    drop(compute());
}
