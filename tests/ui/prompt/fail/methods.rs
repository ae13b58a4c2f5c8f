use glassbox::{mcp_prompt, mcp_tools, phase};

struct Mailbox;

#[mcp_tools(set = "prompts")]
impl Mailbox {
    #[mcp_prompt = "answer"]
    fn answer(&self) -> String {
        String::new()
    }

    #[mcp_prompt(nmae = "sum")]
    fn sum(self: Box<Self>, words: &str) {
        let _ = words;
    }

    #[mcp_prompt(blocking)]
    #[phase]
    async fn greet<const N: usize>(&self, (a, b): (u8, u8)) -> String {
        format!("{a} {b} {N}")
    }

    #[mcp_prompt(name = "greet")]
    fn greet_again(&self, #[arg(minimum = 1)] words: u8) -> impl std::fmt::Display {
        words
    }

    #[cfg_attr(all(), mcp_prompt)]
    fn hidden(&self) -> String {
        String::new()
    }
}

struct Pad;

impl Pad {
    #[mcp_prompt]
    fn ask(&self) -> String {
        String::new()
    }
}

fn main() {
    Mailbox.answer();
    Box::new(Mailbox).sum("the methods still exist");
    drop(Mailbox.greet::<1>((1, 2)));
    Mailbox.greet_again(1);
    Mailbox.hidden();
    Pad.ask();
}
