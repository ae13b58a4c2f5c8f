//! `docs/expansions.md` is written here: real expansions, never by hand.
//!
//! After a change: `UPDATE_EXPECT=1 cargo test -p glassbox-macros documented`.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::expand;

const INTRODUCTION: &str = "\
# What the macros write

What `#[mcp_tool]` and `#[phase]` expand to: data, and one call into the runtime. This page is written by a test from
the macros themselves (`UPDATE_EXPECT=1 cargo test -p glassbox-macros documented`) and compared in every test run.
";

/// Title, what to notice, source.
const EXAMPLES: [(&str, &str, &str); 6] = [
    (
        "The smallest tool",
        "The function is left alone. Beside it stands an empty type of the same name, which a server takes: \
         `.tool::<ping>()`. Types and functions do not share their names.",
        "#[mcp_tool]
fn ping() -> String {
    \"pong\".to_owned()
}",
    ),
    (
        "Injection, defaults and bounds",
        "What is owned is an argument; what is borrowed comes from the server. Arguments are taken first, all of them, \
         so that the model sees every mistake at once; `finish` reports them.",
        "#[mcp_tool(read_only)]
/// List recent emails from the user's inbox.
async fn list_emails(
    gmail: &Gmail,
    /// Maximum number of emails to return
    #[arg(default = 5, minimum = 1, maximum = 20)]
    max_results: u32,
) -> Result<Inbox, ToolError> {
    gmail.list(max_results).await
}",
    ),
    (
        "A phase with `?`",
        "The `?` stands after the phase, so that the phase sees the error and says so. Attributes are evaluated only if \
         somebody asked. Nothing holds a guard over an `.await`: the span is current while the future is polled.",
        "#[phase(\"inbox.read\")]
async fn read(gmail: &Gmail, max: u32) -> Result<Inbox, ToolError> {
    #[phase(\"inbox.list\", inbox.max = max)]
    let ids = gmail.list(max).await?;
    Ok(Inbox::from(ids))
}",
    ),
    (
        "A block with `?` inside",
        "The block becomes a block of its own whose error type is the function's, taken through `Fallible` on the \
         return type. The `return` is never taken; it says that type before the first `?`.",
        "#[phase]
async fn fetch(gmail: &Gmail, ids: Vec<Id>) -> Result<Vec<Email>, ToolError> {
    #[phase(\"inbox.fetch\", inbox.count = ids.len())]
    let emails = {
        let mut emails = Vec::with_capacity(ids.len());
        for id in &ids {
            emails.push(gmail.message(id).await?);
        }
        emails
    };
    Ok(emails)
}",
    ),
    (
        "A method that does not wait",
        "A closure in the place of a future; nothing else changes.",
        "#[phase]
fn total(&self) -> u32 {
    self.prices.iter().sum()
}",
    ),
    (
        "A facade",
        "`crate = path` says where the runtime is found.",
        "#[mcp_tool(crate = my_sdk::glassbox)]
fn ping() -> String {
    \"pong\".to_owned()
}",
    ),
];

#[test]
fn the_page_shows_what_the_macros_write() {
    let mut page = INTRODUCTION.to_owned();
    for (title, notice, source) in EXAMPLES {
        let expansion = expand(source);
        write!(
            page,
            "\n## {title}\n\n{notice}\n\n```rust,ignore\n{source}\n```\n\nbecomes\n\n```rust,ignore\n{expansion}```\n"
        )
        .unwrap();
    }
    expect_file!["../../../docs/expansions.md"].assert_eq(&page);
}
