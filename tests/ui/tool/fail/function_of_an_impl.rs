use glassbox::mcp_tool;

struct Inbox;

impl Inbox {
    #[mcp_tool]
    fn open(name: String) -> Self {
        let _ = name;
        Self
    }

    #[mcp_tool]
    fn twice(number: u32) -> u32 {
        Self::add(number, number)
    }

    fn add(one: u32, another: u32) -> u32 {
        one + another
    }
}

fn main() {
    let _: Inbox = Inbox::open(String::new());
    Inbox::twice(1);
}
