//! What the README shows; `documents.rs` checks that it is the same text.
#![deny(warnings)]

use glassbox::auth::Auth;
use glassbox::{Server, ToolContext, ToolError, mcp_tool, phase};

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Inbox {
    emails: Vec<String>,
}

impl From<Vec<String>> for Inbox {
    fn from(emails: Vec<String>) -> Self {
        Self { emails }
    }
}

struct Gmail;

impl Gmail {
    async fn token(&self, _: &ToolContext) -> Result<String, ToolError> {
        Ok(String::new())
    }

    async fn list_messages(&self, _: &str, most: u32, _: &str) -> Result<Vec<u32>, ToolError> {
        Ok((0..most).collect())
    }

    async fn message(&self, _: &str, id: &u32) -> Result<String, ToolError> {
        Ok(id.to_string())
    }
}

/// List recent emails from the user's inbox.
#[mcp_tool(read_only, scopes("gmail.readonly"))]
async fn list_emails(
    gmail: &Gmail,
    context: &ToolContext,
    /// Maximum number of emails to return
    #[arg(default = 5, minimum = 1, maximum = 20)]
    max_results: u32,
    /// Gmail search query, for example "is:unread"
    #[arg(default = "")]
    query: String,
) -> Result<Inbox, ToolError> {
    #[phase("auth.gmail_token")]
    let token = gmail.token(context).await?;

    #[phase("gmail.list_messages", gmail.max_results = max_results)]
    let ids = gmail.list_messages(&token, max_results, &query).await?;

    #[phase("gmail.fetch_details", gmail.fetch_count = ids.len())]
    let emails = {
        let mut emails = Vec::with_capacity(ids.len());
        for id in &ids {
            emails.push(gmail.message(&token, id).await?); // one call after another: the N+1
        }
        emails
    };

    #[phase("format_response")]
    let inbox = Inbox::from(emails);
    Ok(inbox)
}

async fn serve(gmail: Gmail, auth: Auth) -> Result<(), Box<dyn std::error::Error>> {
    Server::builder("mcp-gmail-server", env!("CARGO_PKG_VERSION"))
        .auth(auth) // who may call
        .inject(gmail)
        .tool::<list_emails>()
        .serve_http("127.0.0.1:8000")
        .await?;
    Ok(())
}

fn main() {
    drop(serve(Gmail, Auth::new("https://mcp.example.com/mcp")));
}
