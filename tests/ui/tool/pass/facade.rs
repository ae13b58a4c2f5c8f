//! A crate that re-exports Glassbox under another path.
#![deny(warnings)]

mod facade {
    pub mod glass {
        pub use ::glassbox::*;
    }
}

use facade::glass::{Tool, ToolSet, mcp_tool, mcp_tools, phase};

#[mcp_tool(crate = crate::facade::glass)]
fn ping() -> String {
    #[phase("a")]
    let text = {
        #[phase("nested")]
        String::from("pong")
    };
    text
}

#[mcp_tool(crate = crate::facade::glass, blocking)]
fn compute(#[arg(default = 1, minimum = 0)] rounds: u32) -> u32 {
    #[phase("rounds")]
    let rounds = rounds;
    rounds
}

#[phase("b", crate = crate::facade::glass)]
fn other() {}

struct Pad;

#[mcp_tools(crate = crate::facade::glass)]
impl Pad {
    #[mcp_tool]
    async fn read(&self, page: Option<u32>) -> Result<String, facade::glass::ToolError> {
        #[phase("pad.read")]
        let text = {
            #[phase("pad.open")]
            let text = open(page).await?;
            text
        };
        Ok(text)
    }
}

#[mcp_tools(crate = crate::facade::glass, set = more)]
impl Pad {
    #[mcp_tool]
    fn close(&self) {}
}

#[phase(crate = crate::facade::glass)]
async fn open(page: Option<u32>) -> Result<String, facade::glass::ToolError> {
    Ok(format!("{page:?}"))
}

fn registered<T: Tool>() {}

fn main() {
    registered::<ping>();
    registered::<compute>();
    other();
    assert_eq!(ToolSet::of(Pad).with(Pad::more(Pad)).names(), ["read", "close"]);
}
