//! Tools in every form: asynchronous and not, with and without arguments, injections, defaults and results.
#![deny(warnings)]

use glassbox::{Tool, ToolContext, ToolError, mcp_tool, phase};

#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
struct Inbox {
    subjects: Vec<String>,
}

struct Gmail;

impl Gmail {
    async fn subjects(&self, count: u32) -> Result<Vec<String>, ToolError> {
        Ok((0..count).map(|number| number.to_string()).collect())
    }
}

/// List recent emails.
#[mcp_tool(read_only, open_world = true, title = "Emails")]
async fn list_emails(
    gmail: &Gmail,
    context: &ToolContext,
    /// Maximum number of emails to return
    #[arg(default = 5, minimum = 1, maximum = 20)]
    max_results: u32,
    /// Gmail search query
    #[arg(default = "")]
    query: String,
    #[arg(rename = "onlyUnread", default)] only_unread: bool,
    label: Option<String>,
) -> Result<Inbox, ToolError> {
    let _ = (context, only_unread, label, query);
    #[phase("gmail.list", gmail.max_results = max_results)]
    let subjects = gmail.subjects(max_results).await?;
    Ok(Inbox { subjects })
}

/// Adds.
#[mcp_tool(name = "math.add", idempotent)]
fn add(a: i64, #[arg(minimum = -5)] b: i64) -> String {
    (a + b).to_string()
}

/// Does nothing.
#[mcp_tool]
fn nothing() {}

/// A list that is found by a type of its own.
struct Names(Vec<String>);

/// Borrows with a lifetime of its own, and has arguments named after keywords.
#[mcp_tool]
fn name<'a>(names: &'a Names, r#type: usize) -> Option<String> {
    names.0.get(r#type).cloned()
}

/// Present on some systems only.
#[mcp_tool]
#[cfg(any())]
fn absent(missing: Missing) {}

fn registered<T: Tool>() {}

fn main() {
    registered::<list_emails>();
    registered::<add>();
    registered::<nothing>();
    registered::<name>();
    assert_eq!(add(1, 2), "3");
    assert_eq!(name(&Names(vec!["a".to_owned()]), 0).as_deref(), Some("a"));
}
