//! Tools that are methods.
#![deny(warnings)]

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use glassbox::{Server, ToolContext, ToolError, ToolSet, mcp_tool, mcp_tools, phase};

struct Clock;

pub struct Mailbox {
    owner: String,
}

#[mcp_tools(prefix = "mail_")]
impl Mailbox {
    const MOST: u32 = 20;

    #[must_use]
    pub fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
        }
    }

    /// Lists mails.
    #[mcp_tool(read_only)]
    async fn list(
        &self,
        clock: &Clock,
        context: &ToolContext,
        /// How many
        #[arg(default = Self::MOST, minimum = 1)]
        max: u32,
    ) -> Result<Vec<String>, ToolError> {
        let _ = (clock, context);
        #[phase("mail.fetch", mail.max = max)]
        let mails = self.fetch(max).await?;
        Ok(mails)
    }

    #[phase]
    async fn fetch(&self, max: u32) -> Result<Vec<String>, ToolError> {
        Ok((0..max).map(|_| self.owner.clone()).collect())
    }

    /// Sorts the mails, which takes long.
    #[mcp_tool(blocking)]
    pub fn sort(self: &Self) {
        let _ = &self.owner;
    }

    /// Needs no mailbox.
    #[mcp_tool]
    fn version() -> &'static str {
        "1"
    }

    #[cfg(any())]
    #[mcp_tool]
    fn elsewhere(&self) -> DoesNotExist {}

    #[cfg(not(any()))]
    #[mcp_tool(name = "elsewhere")]
    fn here(&self) {}

    #[cfg(any())]
    #[mcp_tool(name = "elsewhere")]
    fn there(&self) {}
}

#[mcp_tools(set = admin_tools, prefix = "admin_")]
impl Mailbox {
    #[mcp_tool(destructive)]
    async fn wipe(&self) {}
}

trait Backend: Send + Sync + 'static {
    type Id: serde::de::DeserializeOwned + schemars::JsonSchema + Send + 'static;

    fn load(&self, id: Self::Id) -> impl Future<Output = Result<String, ToolError>> + Send;
}

struct Memory;

impl Backend for Memory {
    type Id = u64;

    async fn load(&self, id: u64) -> Result<String, ToolError> {
        Ok(id.to_string())
    }
}

struct Store<B, const N: usize> {
    backend: B,
}

#[mcp_tools]
impl<B, const N: usize> Store<B, N>
where
    B: Backend,
{
    #[mcp_tool]
    async fn load(&self, id: B::Id) -> Result<String, ToolError> {
        #[phase("load")]
        let text = self.backend.load(id).await?;
        Ok(text)
    }

    #[mcp_tool]
    fn size(&self) -> usize {
        N
    }
}

trait Notes {
    const TITLE: &'static str;

    async fn add(&self, text: String) -> usize;
}

struct Pad;

#[mcp_tools]
impl Notes for Pad {
    const TITLE: &'static str = "pad";

    #[mcp_tool]
    async fn add(&self, text: String) -> usize {
        text.len()
    }
}

trait Greeter: Send + Sync {
    fn greet(&self) -> String;
}

impl<T: Display + Send + Sync> Greeter for T {
    fn greet(&self) -> String {
        format!("hi, {self}")
    }
}

/// Borrows a trait object.
#[mcp_tool]
fn greet(greeter: &Arc<dyn Greeter>) -> String {
    greeter.greet()
}

mod elsewhere {
    use glassbox::{ToolSet, mcp_tool};

    #[cfg(any())]
    #[mcp_tool]
    fn never() {}

    #[mcp_tool]
    #[cfg(any())]
    fn neither() {}

    #[mcp_tool(blocking)]
    fn compute(#[arg(default = 3)] rounds: u32) -> u32 {
        rounds
    }

    pub fn tools() -> ToolSet {
        let tools = ToolSet::new().tool::<compute>();
        #[cfg(any())]
        let tools = tools.tool::<never>();
        tools
    }
}

fn main() {
    let mailbox = Arc::new(Mailbox::new("ada"));
    mailbox.sort();
    let greeter: Arc<dyn Greeter> = Arc::new("Ada");
    let store: Store<Memory, 4> = Store { backend: Memory };
    let tools = ToolSet::of(Arc::clone(&mailbox))
        .with(Mailbox::admin_tools(Arc::clone(&mailbox)))
        .with(Mailbox::admin_tools(Mailbox::new("bob")).prefixed("bob_"))
        .with(store)
        .with(Pad)
        .with(elsewhere::tools().prefixed("far.").disabled());
    let names = [
        "mail_list",
        "mail_sort",
        "mail_version",
        "mail_elsewhere",
        "admin_wipe",
        "bob_admin_wipe",
        "load",
        "size",
        "add",
        "far.compute",
    ];
    assert_eq!(tools.names(), names);
    let switch = glassbox::ToolSwitch::new();
    let server = Server::builder("test", "1")
        .inject(Clock)
        .inject(greeter)
        .tool_switch(&switch)
        .tool::<greet>()
        .tools(tools)
        .build();
    assert!(server.is_ok(), "{server:?}");
    assert_eq!(switch.is_enabled("far.compute"), Ok(false));
    assert_eq!(Pad::TITLE, "pad");
}
