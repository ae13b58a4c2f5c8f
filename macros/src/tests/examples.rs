//! Sources whose expansions `docs/expansions.md` shows.

/// Title, what to notice, source.
pub(crate) const EXAMPLES: [(&str, &str, &str); 14] = [
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
        "A method",
        "The block is left alone, too. Beside it stands what a server takes with `.tools(value)`: its tools as data. The \
         value is their `self`, so two values of one type are two sets. Where the block is behind `#[cfg]`, so is the \
         implementation; where a method is, so is its entry.",
        "#[mcp_tools(prefix = \"gmail_\")]
impl<B: Backend> Gmail<B> {
    /// Says how many emails there are.
    #[mcp_tool(read_only)]
    async fn count(&self) -> Result<u32, ToolError> {
        self.backend.count().await
    }

    fn not_a_tool(&self) {}
}",
    ),
    (
        "A tool that blocks",
        "The call runs on a thread for blocking code, as part of the request.",
        "#[mcp_tool(blocking)]
fn checksum(rounds: u32) -> u64 {
    (0..rounds).fold(7, |sum, round| sum.rotate_left(5) ^ u64::from(round))
}",
    ),
    (
        "A resource",
        "The template is taken apart here, and each variable has its parameter; at run time nothing is parsed but the URI of \
         the request. The type of the contents says the MIME type where none is written.",
        "#[mcp_resource(\"gmail://messages/{id}\")]
/// Headers and beginning of a message.
async fn message(gmail: &Gmail, id: MessageId) -> Result<Email, ResourceError> {
    gmail.message(&id).await
}",
    ),
    (
        "A method that is a resource",
        "It stands in its own list of the same set. What calls it is a function without a name; `self` is the value that the \
         server was given, as for a tool. A prompt is a method in the same way.",
        "#[mcp_tools]
impl<B: Backend> Gmail<B> {
    /// The text of a message.
    #[mcp_resource(\"gmail://messages/{id}/text\", mime_type = \"text/plain\")]
    async fn text(&self, id: B::Id) -> Result<String, ResourceError> {
        #[phase(\"gmail.get_message\")]
        let message = self.backend.message(id).await?;
        Ok(message.text)
    }
}",
    ),
    (
        "A prompt",
        "Arguments are text. Whether one may be left out is asked of its type, so that an alias of `Option` is one, too.",
        "#[mcp_prompt]
/// Asks for a summary of the inbox.
fn summarize(
    /// In how many words
    #[arg(default = 100)]
    words: u32,
    topic: Option<String>,
) -> String {
    format!(\"Summarize my mails of {topic:?} in {words} words.\")
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
        "A failing phase",
        "`outcome!` looks at what the phase is left with: an `Err` makes it fail, with the `error.type` that the error's type \
         has to offer. `err = text` takes the error's words as well. An error that cannot \
         say its type is `_OTHER`.",
        "#[mcp_tool(idempotent)]
/// Pays an order back.
async fn refund(shop: &Shop, order: u64) -> Result<(), ToolError> {
    #[phase(\"order.refund\", err = text)]
    shop.refund(order).await?;
    Ok(())
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
        "A loop with a span for each round",
        "The body is code of its own: `continue` ends it, and `break` is a value that ends the loop. `Rounds` counts; rounds \
         over the bound run without a span.",
        "#[phase]
async fn fetch(gmail: &Gmail, ids: Vec<Id>) -> Result<u32, ToolError> {
    let mut size = 0;
    #[phase(\"inbox.message\", rounds = 50, message.id = id)]
    for id in ids {
        if size > 1000 {
            break;
        }
        size += gmail.message(&id).await?.size;
    }
    Ok(size)
}",
    ),
    (
        "A closure and a function that returns a future",
        "The phase is each call of the closure, and the future to its end. Options are said in the closure that runs only \
         if somebody asked, or in the one that looks at the value.",
        "#[phase(\"inbox.count\", kind = client, ok(inbox.count = |count| *count))]
fn count(gmail: &Gmail) -> impl Future<Output = Result<usize, ToolError>> {
    let unread = #[phase(\"inbox.filter\")]
    |message: &Message| !message.read;
    gmail.count(unread)
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
