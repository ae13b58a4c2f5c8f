//! Attribute macros of Glassbox: instrumented MCP tools and their phases.
//!
//! The `glassbox` crate re-exports the macros; name it, and not this crate, among your dependencies. What the macros
//! expand to calls into `glassbox::__private`, which belongs to exactly this version.

mod args;
mod diagnostics;
mod docs;
mod fallback;
mod input;
mod invocation;
mod marker;
mod offer;
mod phase;
mod prompt;
mod receiver;
mod resource;
mod signature;
#[cfg(test)]
mod tests;
mod tool;
mod tools;

use proc_macro::TokenStream;

use self::offer::Offer;

/// Makes a function, or a method in a block with [`#[mcp_tools]`](macro@mcp_tools), a tool of an MCP server.
///
/// The function stays an ordinary function. Beside it comes a type of the same name (types and functions do not share
/// their names), which a server takes: `.tool::<list_emails>()`.
///
/// - **Owned parameters are arguments**: they are in the input schema, by their type, and are read from the call.
/// - **Borrowed parameters are injected**: `&Gmail` is what the server was given with `.inject(gmail)`, `&ToolContext`
///   tells about the call.
/// - Doc comments on the function and on its parameters are the descriptions that the model reads.
/// - `Option<T>`, and a default, make an argument optional.
/// - The return type gives the output schema. An `Err` is an answer that the model can see, with `isError`.
/// - Inside, [`#[phase]`](macro@phase) stands on statements.
///
/// A call runs as a future that may move between threads: what is held over an `.await` has to be `Send`.
///
/// # Examples
///
/// ```ignore
/// /// List recent emails from the user's inbox.
/// #[mcp_tool(read_only)]
/// async fn list_emails(
///     gmail: &Gmail,
///     /// Maximum number of emails to return
///     #[arg(default = 5, minimum = 1, maximum = 20)]
///     max_results: u32,
/// ) -> Result<Inbox, ToolError> {
///     #[phase("gmail.list_messages", gmail.max_results = max_results)]
///     let ids = gmail.list_messages(max_results).await?;
///     Ok(Inbox::from(ids))
/// }
/// ```
///
/// expands to the function, without what describes its parameters, and
///
/// ```ignore
/// pub enum list_emails {}
/// impl ::glassbox::Tool for list_emails {
///     const DEFINITION: ToolDefinition = ToolDefinition::new("list_emails")
///         .description("List recent emails from the user's inbox.")
///         .read_only(true)
///         .arguments(&[Argument::new::<u32>("max_results") /* description, default, bounds */])
///         .injections(&[Injection::of::<Gmail>("gmail")])
///         .output(|| output_schema!(Result<Inbox, ToolError>));
///     fn call(call: ToolCall) -> ToolFuture { /* reads the arguments, calls `list_emails` */ }
/// }
/// ```
///
/// # Arguments of `#[mcp_tool(...)]`
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `name = "..."` | the function's name | the tool's name: 1 to 128 of `A-Z a-z 0-9 _ - .` (MCP, Tool Names) |
/// | `title = "..."` | none | a name for people |
/// | `description = "..."` | the doc comment | what the model reads; lines and paragraphs are kept |
/// | `read_only` | not said | the tool changes nothing; contradicts `destructive` |
/// | `destructive` | not said | the tool may remove or overwrite |
/// | `idempotent` | not said | calling it again with the same arguments changes nothing more |
/// | `open_world` | not said | the tool reaches beyond the server's own data |
/// | `allow_unknown_arguments` | refused | arguments that the tool does not have are taken, and not seen by it |
/// | `blocking` | on an async thread | a `fn` that computes or waits for long runs on a thread for blocking code |
/// | `scopes(..)` | none | `scopes("a", "b")`: what a caller's access token has to allow, all of it; checked before each call (feature `auth`) |
/// | `crate = path` | `::glassbox` | where the runtime is found, for facades that re-export it |
///
/// The four hints are written as a word, or as `hint = false`. A hint that is not said is left out of `tools/list`, so
/// that clients apply the defaults of MCP.
///
/// # Arguments of `#[arg(...)]`, on an owned parameter
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `default` | required, unless `Option<T>` | `Default::default()` stands in for an argument left out |
/// | `default = value` | | the value stands in; a string literal is converted with `Into` |
/// | `example = value` | none | shows the model what is meant; a value as for `default`, of `T` where the type is `Option<T>` |
/// | `minimum = 1`, `maximum = 20` | the type's | bounds of a number: literals, both inclusive |
/// | `min_length = 1`, `max_length = 80` | unbounded | characters of a text |
/// | `pattern = "^[a-z]+$"` | none | a regular expression that a part of the text matches; without look-around, which can take for ever |
/// | `format = "email"` | the type's | `date`, `date-time`, `email`, `hostname`, `ipv4`, `ipv6`, `time`, `uri` or `uuid` |
/// | `min_items = 1`, `max_items = 9` | unbounded | items of a list |
/// | `unique_items` | repeated ones allowed | no item twice |
/// | `rename = "..."` | the parameter's name | the argument's name in the schema |
/// | `description = "..."` | the doc comment | what the model reads |
/// | `deprecated`, `deprecated = "why"` | not | asks models not to use it; the reason ends the description |
/// | `flatten` | one argument | the fields of a struct are arguments of the tool; stands alone |
///
/// All of it is in the schema, and checked at each call. A literal that contradicts its type or another is an error of
/// compilation; what only the schema of a type tells, such as of an alias, is one when the server is built.
///
/// # Errors
///
/// What cannot be a tool does not compile, and the message says what to write instead: `&str` and other borrowed
/// arguments, `self` outside of an `#[mcp_tools]` block, type parameters, `impl Trait`, patterns, a name MCP does not allow, bounds that contradict each
/// other, the default or the type. The function itself still exists then, so that its callers compile.
#[proc_macro_attribute]
pub fn mcp_tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    tool::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::function(Offer::Tool, &error, &item))
        .into()
}

/// Makes methods tools of an MCP server.
///
/// Each method marked [`#[mcp_tool]`](macro@mcp_tool) is a tool, as a free function would be; `&self` is the value that
/// the server is given: `.tools(Gmail::new())`. The block stays an ordinary one, and all else in it is left alone:
/// methods without the mark, associated constants and types.
///
/// - Several values of one type are several sets, each with its own `self`: give them prefixes,
///   `ToolSet::of(mailbox).prefixed("work_")`.
/// - The block may be generic, and may implement a trait. With `#[async_trait]`, `#[mcp_tools]` stands above it.
/// - Methods may be behind `#[cfg(...)]`.
/// - It collects tools and nothing else; other attributes may stand on the same block.
///
/// # Examples
///
/// ```ignore
/// #[mcp_tools(prefix = "gmail_")]
/// impl<B: Backend> Gmail<B> {
///     /// List recent emails from the user's inbox.
///     #[mcp_tool(read_only)]
///     async fn list(
///         &self,
///         /// Maximum number of emails to return
///         #[arg(default = 5, minimum = 1, maximum = 20)]
///         max_results: u32,
///     ) -> Result<Inbox, ToolError> {
///         #[phase("gmail.list_messages")]
///         let ids = self.backend.list(max_results).await?;
///         Ok(Inbox::from(ids))
///     }
/// }
/// ```
///
/// expands to the block, without what describes its tools, and
///
/// ```ignore
/// impl<B: Backend> ::glassbox::ToolMethods for Gmail<B> {
///     const METHODS: &'static [ToolMethod] = &[
///         ToolMethod::new("list", ToolDefinition::new("gmail_list") /* ... */, |call| {
///             /* reads the arguments, calls `Self::list(call.receiver::<Self>()?, ..)` */
///         }),
///     ];
/// }
/// ```
///
/// # Arguments
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `prefix = "..."` | none | stands before the names of all tools of the block |
/// | `set = name` | the type is the set | for a second block of one type: a function of that name gives its tools, `.tools(Gmail::name(gmail))` |
/// | `crate = path` | `::glassbox` | where the runtime is found, for the phases inside as well |
///
/// # Errors
///
/// A block without tools, `&mut self`, `self`, and what cannot be a tool do not compile; the message says what to write
/// instead. A second block of one type without `set` is refused by the compiler as a conflicting implementation of
/// `ToolMethods`.
#[proc_macro_attribute]
pub fn mcp_tools(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    let args = proc_macro2::TokenStream::from(args);
    tools::expand(args.clone(), item.clone())
        .unwrap_or_else(|error| fallback::tools(&error, &args, &item))
        .into()
}

/// Makes a function a resource of an MCP server, or a template of many.
///
/// The function stays an ordinary function. Beside it comes a type of the same name, which a server takes:
/// `.resource::<message>()`.
///
/// - The URI stands first. `{id}` in it is a variable: an **owned parameter** of that name, `String` or any type with
///   `FromStr`. A URI without variables is one resource, listed by `resources/list`; one with variables is a template,
///   listed by `resources/templates/list`.
/// - **Borrowed parameters are injected**, as those of tools are, `&ToolContext` too.
/// - The doc comment is the description.
/// - Inside, [`#[phase]`](macro@phase) stands on statements. Reads are observed as tool calls are.
///
/// # Examples
///
/// ```ignore
/// /// Headers and beginning of a message.
/// #[mcp_resource("gmail://messages/{id}")]
/// async fn message(gmail: &Gmail, id: MessageId) -> Result<Email, ResourceError> {
///     #[phase("gmail.get_message")]
///     let email = gmail.message(&id).await?;
///     Ok(email)
/// }
/// ```
///
/// expands to the function, and
///
/// ```ignore
/// pub enum message {}
/// impl ::glassbox::Resource for message {
///     const DEFINITION: ResourceDefinition = ResourceDefinition::new(
///         "message",
///         "gmail://messages/{id}",
///         &[UriPart::Literal("gmail://messages/"), UriPart::Segment("id")],
///     )
///     .description("Headers and beginning of a message.")
///     .content_type(|| content_type!(Result<Email, ResourceError>))
///     .injections(&[Injection::of::<Gmail>("gmail")]);
///     fn read(call: ResourceCall) -> ResourceFuture { /* reads the variables, calls `message` */ }
/// }
/// ```
///
/// # Arguments of `#[mcp_resource("uri", ...)]`
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `name = "..."` | the function's name | the resource's name |
/// | `title = "..."` | none | a name for people |
/// | `description = "..."` | the doc comment | what the model reads |
/// | `mime_type = "..."` | by the return type | of the contents: `text/plain` for texts, `application/octet-stream` for bytes, `application/json` for all else |
/// | `size = 1024` | not said | the size of the contents, in bytes; of one resource, not of a template |
/// | `audience(user, assistant)` | not said | whom the contents are for |
/// | `priority = 0.5` | not said | how important the contents are, from 0 to 1 |
/// | `blocking` | on an async thread | a `fn` that computes or waits for long runs on a thread for blocking code |
/// | `scopes(..)` | none | `scopes("a", "b")`: what a caller's access token has to allow, all of it; checked before each read (feature `auth`) |
/// | `crate = path` | `::glassbox` | where the runtime is found |
///
/// # What a URI matches
///
/// `{id}` takes at least one character of one segment, without `/`, `?` and `#` (RFC 6570, simple expansion); `{+path}`,
/// at the end, takes all the rest (reserved expansion). What is taken is percent-decoded after that, so a variable may
/// hold anything, `/` and `..` too: check it before it becomes a part of a path. All else is compared as it is written.
///
/// A URI without variables comes before templates, and templates are asked in the order they are registered. Two equal
/// URIs, and a template that stands behind one which takes all of its URIs, are errors when the server is built. A
/// variable that its type cannot read names no resource.
///
/// # What it returns
///
/// `String` is text; `Vec<u8>` and `&'static [u8]` are bytes (Base64 on the wire); a type with `Serialize` is JSON, as
/// text; `ResourceContents`, several of them, and `ReadResourceResult` are taken as they are. An `Err` is a JSON-RPC error
/// with its text: internal, or what `ResourceError::not_found` and `rmcp::ErrorData` say.
///
/// # Errors
///
/// A URI without a scheme, an expression that cannot be read back (such as `{?q}`), a variable without a parameter and
/// the other way round, two variables with nothing in between, and what cannot be a tool either, do not compile.
#[proc_macro_attribute]
pub fn mcp_resource(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    resource::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::function(Offer::Resource, &error, &item))
        .into()
}

/// Makes a function a prompt of an MCP server.
///
/// The function stays an ordinary function. Beside it comes a type of the same name, which a server takes:
/// `.prompt::<review>()`.
///
/// - **Owned parameters are arguments**. They are text on the wire: `String`, any type with `FromStr`, and `Option` of
///   these. **Borrowed parameters are injected**, `&ToolContext` too.
/// - Doc comments on the function and on its parameters are the descriptions.
/// - `String` is one message of the user; `PromptMessage`, several of them, and `GetPromptResult` are taken as they are.
///   An `Err` is a JSON-RPC error with its text.
/// - Inside, [`#[phase]`](macro@phase) stands on statements. Spans come back where the server says
///   `.passback_for_prompts(true)`.
///
/// # Examples
///
/// ```ignore
/// /// Asks for a summary of the inbox.
/// #[mcp_prompt(title = "Summary")]
/// fn summarize(
///     /// In how many words
///     #[arg(default = 100)]
///     words: u32,
/// ) -> String {
///     format!("Summarize my unread mails in {words} words.")
/// }
/// ```
///
/// expands to the function, without what describes its parameters, and
///
/// ```ignore
/// pub enum summarize {}
/// impl ::glassbox::Prompt for summarize {
///     const DEFINITION: PromptDefinition = PromptDefinition::new("summarize")
///         .title("Summary")
///         .description("Asks for a summary of the inbox.")
///         .arguments(&[PromptArgument::new("words", || false).description("In how many words")]);
///     fn get(call: PromptCall) -> PromptFuture { /* reads the arguments, calls `summarize` */ }
/// }
/// ```
///
/// # Arguments of `#[mcp_prompt(...)]`
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `name = "..."` | the function's name | the prompt's name |
/// | `title = "..."` | none | a name for people |
/// | `description = "..."` | the doc comment | what people read |
/// | `blocking` | on an async thread | a `fn` that computes or waits for long runs on a thread for blocking code |
/// | `scopes(..)` | none | `scopes("a", "b")`: what a caller's access token has to allow, all of it; checked before each request (feature `auth`) |
/// | `crate = path` | `::glassbox` | where the runtime is found |
///
/// # Arguments of a prompt's `#[arg(...)]`, on an owned parameter
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `default` | required, unless `Option<T>` | `Default::default()` stands in for an argument left out |
/// | `default = value` | | the value stands in; a string literal is converted with `Into` |
/// | `rename = "..."` | the parameter's name | the argument's name |
/// | `title = "..."` | none | a name for people |
/// | `description = "..."` | the doc comment | what people read |
///
/// Arguments that are missing, unknown or cannot be read are answered with one JSON-RPC error that tells all of them.
///
/// # Errors
///
/// What cannot be a tool cannot be a prompt either, and does not compile; the message says what to write instead.
#[proc_macro_attribute]
pub fn mcp_prompt(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    prompt::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::function(Offer::Prompt, &error, &item))
        .into()
}

/// Makes a function, or a part of one, a phase: a span with a name, attributes and an outcome.
///
/// A phase ends however its code ends: with a value, through `?`, by a panic, or because its future was dropped; and
/// says which. Where nobody looks it costs next to nothing, and attributes are not evaluated.
///
/// It stands on a function or method with a body; and inside a function marked `#[phase]` or
/// [`#[mcp_tool]`](macro@mcp_tool) on what the table says, also in nested blocks, closures and `async` blocks. (Stable
/// Rust leaves these attributes to the macro of the function. In a function without one it reports experimental
/// attributes.) `phase` has to be imported there as well, or written `#[glassbox::phase(...)]`.
///
/// | on | the span is |
/// |---|---|
/// | a function or method, `async` or not | each call, up to its end |
/// | a function that ends with an `async` block, boxed or not (what `async_trait` writes) | the block, from its first poll to its end |
/// | another function that returns `impl Future`, `impl Stream`, or either one boxed | the call, and then the future to its end, or the stream to its last item |
/// | a `let`, an expression statement, a block, an expression | its evaluation |
/// | a `match` arm, `#[phase("...")] Some(id) => ...` | the arm's expression, when the arm is taken |
/// | a closure, `async` or not, or the `let` that binds it | each call; if its body is an `async` block, that |
/// | an `async` block, or the `let` that binds it | from its first poll to its end |
/// | a loop | the whole loop |
/// | a loop, with `rounds` | each round of its body, up to a bound; not what chooses the next round |
///
/// A future or a stream that is dropped before its end ends its phase as `cancelled`; an `async` block that is never
/// polled makes no span. Of a stream, the first item that is an `Err` says how the phase ended.
///
/// # Examples
///
/// ```ignore
/// #[phase]
/// async fn fetch(gmail: &Gmail) -> Result<Vec<Message>, Error> {
///     #[phase("gmail.list_messages", gmail.max_results = 20)]
///     let ids = gmail.list_messages(20).await?;
///     Ok(gmail.messages(&ids).await)
/// }
/// ```
///
/// expands to
///
/// ```ignore
/// async fn fetch(gmail: &Gmail) -> Result<Vec<Message>, Error> {
///     Phase::start("fetch", |_| {}).run(async move {
///         let ids = Phase::start("gmail.list_messages", |fields| { fields.set("gmail.max_results", &20); })
///             .run(async { gmail.list_messages(20).await }, |value| outcome!(value))
///             .await?;
///         Ok(gmail.messages(&ids).await)
///     }, |value| outcome!(value)).await
/// }
/// ```
///
/// # Arguments
///
/// | argument | default | meaning |
/// |---|---|---|
/// | `"name"` | the function's name; required elsewhere | the span's name: up to 128 bytes, the same at every call |
/// | `name = expression` | | a name out of a fixed set: a `&'static str`, or a type with `PhaseName` |
/// | `name = dynamic(text)` | | a name made at run time, which may carry data: it is public, and cut to 128 bytes |
/// | `key.with.dots = value` | none | an attribute, evaluated before the phase's code and only when recorded; borrowed, so that the value stays usable |
/// | `kind = client` | `internal` | what the span is to others: `internal`, `client`, `server`, `producer`, `consumer` |
/// | `link = span_context` | none | spans it belongs to, without being below them: `SpanContext`, `Context`, or several; may be repeated; 128 are kept |
/// | `ok(key = \|value\| ...)` | none | attributes taken from the value, or from what is in `Ok`, at the end; nothing is taken from an `Err` |
/// | `err = type` | where the value is looked at | an `Err` makes the phase fail, with its `error.type` |
/// | `err = text` | | the same, and the error's words (`Display`) as the status message, which leaves only if the policy says `with_error_texts` |
/// | `err = none` | | the value is not looked at: an `Err` is a value like any other |
/// | `rounds`, `rounds = 100` | one span for the loop | on a loop: a span for each round, 100 at most or as many as said; more are counted in `droppedSpanCount` |
/// | `returns = future`, `returns = stream` | by the return type | on a function whose return type hides behind an alias what goes on after it |
/// | `crate = path` | `::glassbox` | where the runtime is found; on functions, for the phases inside as well |
///
/// `fields`, `limit` and `level` without a dot are kept for options. Closures and expressions given to options are
/// evaluated only when the phase is recorded.
///
/// # How a phase inside a function can be left
///
/// - `let a = expression?;` or `expression?;` with no other `?` inside: the `?` moves behind the phase, which sees the
///   `Err` (or `None`). Where the call is `parse()` or `try_into()` without its type, whose error is not known that early,
///   the next rule applies.
/// - `?` anywhere else inside: the phase ends with the error, converted to the error type of the function's return
///   type, and the function returns it. In closures this needs a written return type.
/// - As the function's last expression: the phase sees what the function returns.
/// - `return`, `break` and `continue` that would leave the phase do not compile; the message says what to do. A phase of
///   `rounds` may be left with `continue`, and with `break` out of the loop. `return` leaves a closure or `async` block.
/// - Of a closure or an `async` block, the phase sees the value if the compiler knows its type there: a written return
///   type, `.await`, a call, or a `?` inside. `err = type` asks for it otherwise, `err = none` forgoes it.
///
/// Without `.await` inside, the code runs in a closure and borrows as a closure does; with one, in an `async` block. A
/// macro that the standard library does not have may hide an `.await`, so it counts as one. In the tokens of a macro
/// that do not parse as expressions, any `?` counts as leaving, `return` is refused, and `break` and `continue` are
/// refused unless the tokens contain a loop.
///
/// # Cancel safety
///
/// A phase adds no point where a future could be cancelled, and ends when its future is dropped.
///
/// # Privacy
///
/// Name and attributes are public: they leave the process when a client asks for spans. Arguments and results do not.
#[proc_macro_attribute]
pub fn phase(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    phase::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::phase(&error, &item))
        .into()
}
