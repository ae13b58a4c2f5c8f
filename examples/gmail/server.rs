//! The Gmail MCP server: two tools and one resource a message.
//!
//! What stands here is all that observing takes: `#[mcp_tool]`, `#[mcp_resource]`, `#[phase]`, and a middleware in the HTTP client.

use glassbox::{
    BuildError, ResourceProvider, Server, ServerBuilder, ToolContext, ToolError, mcp_resource,
    mcp_tool, phase,
};
use rmcp::ErrorData;
use rmcp::model::{ListResourcesResult, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::client::{AccessToken, Email, Gmail, GmailError, MessageId, Page, Sent};

/// What the server calls itself: the `service.name` of its spans.
pub const SERVICE_NAME: &str = "mcp-gmail-server";

const RESOURCE_PREFIX: &str = "gmail://messages/";
const JSON: &str = "application/json";
/// Resources on one page of a list.
const RESOURCES_PER_PAGE: usize = 20;

/// The server of an account, open to whoever reaches it.
///
/// # Errors
///
/// None that this code could cause: [`BuildError`] is about tools that contradict each other.
pub fn server(gmail: Gmail) -> Result<Server, BuildError> {
    builder(gmail).enforce_scopes(false).build()
}

/// The server of an account, for whoever has options to add.
pub fn builder(gmail: Gmail) -> ServerBuilder {
    Server::builder(SERVICE_NAME, env!("CARGO_PKG_VERSION"))
        .instructions("Reads and sends mail of the Gmail account of whoever calls. A message is a resource: gmail://messages/{id}.")
        .inject(gmail.clone())
        .tool::<list_emails>()
        .tool::<send_email>()
        .resource::<message>()
        .resources(GmailMessages { gmail })
}

/// Messages, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Inbox {
    /// The messages
    pub emails: Vec<Email>,
}

impl From<Vec<Email>> for Inbox {
    fn from(emails: Vec<Email>) -> Self {
        Self { emails }
    }
}

/// A mail that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Confirmation {
    /// The new message's id
    pub id: String,
    /// The id of its thread
    pub thread_id: String,
    /// The message as a resource
    pub uri: String,
}

impl From<Sent> for Confirmation {
    fn from(Sent { id, thread_id, .. }: Sent) -> Self {
        Self {
            uri: format!("{RESOURCE_PREFIX}{id}"),
            id,
            thread_id,
        }
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

/// Send an email from the user's account, as plain text.
#[mcp_tool(scopes("gmail.send"))]
async fn send_email(
    gmail: &Gmail,
    context: &ToolContext,
    /// Recipient's address, or several separated by commas
    to: String,
    /// Subject, on one line
    subject: String,
    /// Text of the mail
    body: String,
) -> Result<Confirmation, ToolError> {
    #[phase("auth.gmail_token")]
    let token = gmail.token(context).await?;

    #[phase("gmail.send_message")]
    let sent = gmail.send(&token, &to, &subject, &body).await?;

    #[phase("format_response")]
    let confirmation = Confirmation::from(sent);
    Ok(confirmation)
}

/// Headers and beginning of a message.
#[mcp_resource("gmail://messages/{id}")]
async fn message(gmail: &Gmail, context: &ToolContext, id: MessageId) -> Result<Email, ErrorData> {
    #[phase("auth.gmail_token")]
    let token = gmail.token(context).await.map_err(rpc_error)?;

    #[phase("gmail.get_message")]
    let message = gmail.message(&token, &id).await;
    message.map_err(|error| match error {
        GmailError::Refused { status, .. } if matches!(status.as_u16(), 400 | 404) => {
            ErrorData::resource_not_found("no such resource: there is no such message", None)
        }
        error => rpc_error(error),
    })
}

/// The messages there are, page by page; [`message`] reads them.
#[derive(Debug)]
struct GmailMessages {
    gmail: Gmail,
}

impl ResourceProvider for GmailMessages {
    async fn list(
        &self,
        cursor: Option<&str>,
        context: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        let token = token(&self.gmail, context).await.map_err(rpc_error)?;
        let page = match list_page(&self.gmail, &token, cursor).await {
            Ok(page) => page,
            Err(GmailError::Refused { status, .. }) if cursor.is_some() && status == 400 => {
                return Err(ErrorData::invalid_params("no such cursor", None));
            }
            Err(error) => return Err(rpc_error(error)),
        };
        let resources = page.messages.into_iter().map(|MessageId { id, .. }| {
            Resource::new(format!("{RESOURCE_PREFIX}{id}"), id).with_mime_type(JSON)
        });
        let mut result = ListResourcesResult::with_all_items(resources.collect());
        result.next_cursor = page.next_page_token;
        Ok(result)
    }
}

#[phase("auth.gmail_token")]
async fn token(gmail: &Gmail, context: &ToolContext) -> Result<AccessToken, GmailError> {
    gmail.token(context).await
}

#[phase("gmail.list_messages", gmail.max_results = RESOURCES_PER_PAGE)]
async fn list_page(
    gmail: &Gmail,
    token: &AccessToken,
    cursor: Option<&str>,
) -> Result<Page, GmailError> {
    gmail.list_page(token, RESOURCES_PER_PAGE, cursor).await
}

/// A failure in our words: those of Gmail, or of what stands before it, may repeat what the request said.
fn rpc_error(error: GmailError) -> ErrorData {
    let text = match error {
        GmailError::Refused { status, .. } | GmailError::Unexplained { status } => {
            format!("Gmail answered with status {}", status.as_u16())
        }
        GmailError::Token(error) => format!("no access to Gmail: {error}"),
        GmailError::TimedOut => "Gmail did not answer in time".to_owned(),
        GmailError::Unreachable { .. } => "Gmail cannot be reached".to_owned(),
        GmailError::InvalidBody { .. } | GmailError::TooLarge => {
            "Gmail's answer is not usable".to_owned()
        }
        _ => "the call to Gmail failed".to_owned(),
    };
    ErrorData::internal_error(text, None)
}
