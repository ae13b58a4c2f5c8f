use glassbox::mcp_tool;

#[mcp_tool]
fn serve() -> ! {
    loop {}
}

fn main() {
    serve();
}
