//! Methods that are resources and prompts, as users write them.
#![deny(warnings, missing_docs)]

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use glassbox::{
    ResourceError, Server, ToolContext, ToolSet, ToolSwitch, mcp_prompt, mcp_resource, mcp_tool,
    mcp_tools, phase,
};

/// What time it is.
pub struct Clock;

/// Mails of somebody.
pub struct Mailbox {
    owner: String,
}

/// All three, and what is none of them.
#[mcp_tools(prefix = "mail_")]
impl Mailbox {
    const WORDS: u32 = 20;

    /// A mailbox.
    #[must_use]
    pub fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
        }
    }

    #[mcp_tool]
    fn send(&self) {}

    /// One mail.
    #[mcp_resource("mail://{type}/{id}")]
    pub async fn mail(
        &self,
        clock: &Clock,
        context: &ToolContext,
        /// Which one
        id: u64,
        r#type: String,
    ) -> Result<Vec<String>, ResourceError> {
        let _ = (clock, context);
        #[phase("mail.fetch", mail.id = id)]
        let mail = self.fetch(id).await?;
        Ok(vec![mail, r#type])
    }

    #[phase]
    async fn fetch(&self, id: u64) -> Result<String, ResourceError> {
        if id == 0 {
            return Err(ResourceError::not_found("there is no such mail"));
        }
        Ok(self.owner.clone())
    }

    #[mcp_resource("mail://picture", blocking, mime_type = "image/png")]
    fn picture(self: &Self) -> Vec<u8> {
        self.owner.clone().into_bytes()
    }

    /// Needs no mailbox.
    #[mcp_resource("mail://help")]
    fn help() -> &'static str {
        "help"
    }

    /// Asks for an answer.
    #[mcp_prompt(title = "Answer")]
    #[allow(dead_code, reason = "its own attribute")]
    fn answer(
        &self,
        /// In how many words
        #[arg(default = Self::WORDS)]
        words: u32,
        mut style: Option<String>,
    ) -> String {
        let style = style.take().unwrap_or_default();
        format!("{} {words} {style}", self.owner)
    }

    #[mcp_prompt]
    #[deprecated]
    fn greet() -> &'static str {
        "greet"
    }

    #[cfg(any())]
    #[mcp_resource("mail://system")]
    fn elsewhere(&self) -> DoesNotExist {}

    #[cfg(not(any()))]
    #[mcp_resource("mail://system")]
    fn here(&self) -> String {
        self.owner.clone()
    }
}

/// No tools at all.
#[mcp_tools(set = archive)]
impl Mailbox {
    #[mcp_resource("archive://{+path}")]
    async fn archived(&self, path: std::path::PathBuf) -> String {
        path.display().to_string()
    }
}

trait Backend: Send + Sync + 'static {
    type Id: FromStr<Err: Display> + Display + Send + 'static;
}

struct Memory;

impl Backend for Memory {
    type Id = u8;
}

struct Store<B, const N: usize>(B);

#[mcp_tools]
impl<B, const N: usize> Store<B, N>
where
    B: Backend,
{
    #[mcp_resource("store://{id}")]
    async fn load(&self, id: B::Id) -> Vec<String> {
        let _ = &self.0;
        vec![id.to_string(); N]
    }

    #[mcp_prompt]
    async fn ask(&self, id: B::Id, #[arg(rename = "how-many")] most: Option<u8>) -> String {
        format!("{id} {most:?}")
    }
}

trait Notes {
    async fn note(&self, id: String) -> String;
}

struct Pad;

#[mcp_tools]
impl Notes for Pad {
    #[mcp_resource("pad://notes/{id}")]
    async fn note(&self, id: String) -> String {
        id
    }
}

#[async_trait::async_trait]
trait Pages {
    async fn page(&self, number: u16) -> String;

    async fn turn(&self, by: u16) -> String;
}

#[mcp_tools(set = pages)]
#[async_trait::async_trait]
impl Pages for Pad {
    #[mcp_resource("pad://pages/{number}")]
    async fn page(&self, number: u16) -> String {
        #[phase("pad.page")]
        let page = number.to_string();
        page
    }

    #[mcp_prompt]
    async fn turn(&self, by: u16) -> String {
        format!("{by}")
    }
}

mod facade {
    pub(crate) mod glass {
        pub(crate) use ::glassbox::*;
    }
}

struct Shop;

#[mcp_tools(crate = crate::facade::glass)]
impl Shop {
    #[facade::glass::mcp_resource("shop://prices/{id}")]
    fn price(&self, id: u8) -> Option<u8> {
        #[phase("shop.find")]
        let price = id.checked_mul(2);
        price
    }

    #[facade::glass::mcp_prompt]
    fn haggle(&self, #[arg(default = 1)] by: u8) -> String {
        by.to_string()
    }
}

macro_rules! resource {
    ($name:ident, $uri:literal) => {
        struct $name;

        #[mcp_tools]
        impl $name {
            #[mcp_resource($uri)]
            fn read(&self) -> &'static str {
                $uri
            }
        }
    };
}
resource!(Written, "written://here");

fn main() {
    let mailbox = Arc::new(Mailbox::new("ada"));
    assert_eq!(mailbox.picture(), b"ada");
    let home = Mailbox::new("bob");
    let home = ToolSet::of(home).prefixed("home_").uris_prefixed("home/");
    let store: Store<Memory, 2> = Store(Memory);
    let switch = ToolSwitch::new();
    let server = Server::builder("test", "1")
        .inject(Clock)
        .tool_switch(&switch)
        .tools(Arc::clone(&mailbox))
        .tools(Mailbox::archive(mailbox).disabled())
        .tools(home)
        .tools(store)
        .tools(Pad)
        .tools(Pad::pages(Pad))
        .tools(Shop)
        .tools(Written)
        .build();
    assert!(server.is_ok(), "{server:?}");
    for uri in [
        "mail://{type}/{id}",
        "mail://help",
        "mail://system",
        "mail://home/{type}/{id}",
        "store://{id}",
        "pad://notes/{id}",
        "pad://pages/{number}",
        "shop://prices/{id}",
        "written://here",
    ] {
        assert_eq!(switch.is_resource_enabled(uri), Ok(true), "{uri}");
    }
    assert_eq!(switch.is_resource_enabled("archive://{+path}"), Ok(false));
    for prompt in ["mail_answer", "home_mail_greet", "ask", "turn", "haggle"] {
        assert_eq!(switch.is_prompt_enabled(prompt), Ok(true), "{prompt}");
    }
}
