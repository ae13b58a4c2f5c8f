//! Prompts as users write them.
#![deny(warnings)]

use glassbox::{Server, ToolContext, mcp_prompt};
use rmcp::model::{GetPromptResult, PromptMessage, Role};

type Maybe<T> = Option<T>;
type Text = String;

/// Asks.
#[mcp_prompt]
pub fn ask(
    /// Of what
    topic: Text,
    count: Maybe<u8>,
    #[arg(default = 3 + 4)] more: u64,
    #[arg(default)] r#type: String,
    context: &ToolContext,
) -> String {
    format!("{topic}{count:?}{more}{type}{:?}", context.request_id())
}

#[mcp_prompt]
async fn talk() -> Result<GetPromptResult, std::fmt::Error> {
    let hello = PromptMessage::new_text(Role::User, "Hello");
    Ok(GetPromptResult::new(vec![hello]))
}

#[mcp_prompt]
fn one() -> PromptMessage {
    PromptMessage::new_text(Role::User, "Hello")
}

fn main() {
    let server = Server::builder("n", "1").prompt::<ask>().prompt::<talk>().prompt::<one>();
    assert!(server.build().is_ok());
}
