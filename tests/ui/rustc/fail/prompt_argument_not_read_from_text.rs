use glassbox::mcp_prompt;

struct Topic;

#[mcp_prompt]
fn prompt(topic: Topic) -> String {
    let Topic = topic;
    String::new()
}

fn main() {}
