use glassbox::mcp_tool;

struct Inbox;

#[mcp_tool]
fn list() -> Inbox {
    Inbox
}

#[mcp_tool]
async fn list_later() -> Result<Inbox, String> {
    Ok(Inbox)
}

fn main() {}
