use glassbox::{mcp_tool, mcp_tools};

struct Counter(u32);

#[mcp_tools]
impl Counter {
    #[mcp_tool]
    fn count(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }

    #[mcp_tool]
    fn end(self) -> u32 {
        self.0
    }

    #[mcp_tool]
    fn unbox(self: Box<Self>) -> u32 {
        self.0
    }
}

fn main() {
    let mut counter = Counter(0);
    counter.count();
    let _ = Counter(0).end() + Box::new(counter).unbox();
    let _ = glassbox::ToolSet::of(Counter(1));
}
