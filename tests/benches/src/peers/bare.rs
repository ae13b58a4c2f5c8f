//! The tool with rmcp's own macros, and nothing that looks at it.

use std::sync::LazyLock;

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ServerHandler, tool, tool_handler, tool_router};

use super::work::{self, Arguments};

/// Made once: by itself, the macro makes one for every call.
static ROUTER: LazyLock<ToolRouter<Bare>> = LazyLock::new(Bare::tool_router);

/// A server without telemetry.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

#[tool_router]
impl Bare {
    /// List recent emails
    #[tool]
    async fn list_emails(&self, Parameters(arguments): Parameters<Arguments>) -> String {
        list(arguments.messages).await
    }

    /// Says that it is there
    #[tool]
    async fn ping(&self) -> String {
        work::shown(0)
    }
}

#[tool_handler(router = ROUTER, name = "mail", version = "1.0.0")]
impl ServerHandler for Bare {}

async fn list(messages: u32) -> String {
    work::token().await;
    let listed = list_messages(messages).await;
    let found = fetch_details(listed).await;
    work::shown(found)
}

async fn list_messages(messages: u32) -> u32 {
    work::get().await;
    messages
}

async fn fetch_details(messages: u32) -> u32 {
    work::GATE.pass().await;
    let mut found = 0;
    for _ in 0..messages {
        found += work::get().await;
    }
    found
}
