use glassbox::mcp_tool;

#[mcp_tool]
fn echo<T: ToString, const N: usize>(value: T) -> String {
    value.to_string()
}

fn main() {}
