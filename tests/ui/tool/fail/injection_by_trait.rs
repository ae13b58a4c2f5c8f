use glassbox::mcp_tool;

trait Clock {
    fn now(&self) -> u64;
}

#[mcp_tool]
fn now(clock: &dyn Clock) -> String {
    clock.now().to_string()
}

fn main() {}
