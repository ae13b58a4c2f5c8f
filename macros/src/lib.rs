//! Attribute macros of Glassbox: instrumented MCP tools and their phases.
//!
//! The `glassbox` crate re-exports both macros; name it, and not this crate, among your dependencies. What the macros
//! expand to calls into `glassbox::__private`, which belongs to exactly this version.

mod args;
mod diagnostics;
mod docs;
mod fallback;
mod phase;
mod signature;
#[cfg(test)]
mod tests;
mod tool;

use proc_macro::TokenStream;

/// Makes a function a tool of an MCP server.
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
///     fn call(call: &ToolCall) -> ToolFuture<'_> { /* reads the arguments, calls `list_emails` */ }
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
/// | `scopes("...", "...")` | none | what a caller's access token has to allow, all of it; checked before each call (feature `auth`) |
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
/// | `minimum = 1`, `maximum = 20` | unbounded | number literals, both inclusive; in the schema, and checked at each call |
/// | `rename = "..."` | the parameter's name | the argument's name in the schema |
/// | `description = "..."` | the doc comment | what the model reads |
///
/// # Errors
///
/// What cannot be a tool does not compile, and the message says what to write instead: `&str` and other borrowed
/// arguments, `self`, type parameters, `impl Trait`, patterns, a name MCP does not allow, bounds that contradict each
/// other, the default or the type. The function itself still exists then, so that its callers compile.
#[proc_macro_attribute]
pub fn mcp_tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    tool::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::tool(&error, &item))
        .into()
}

/// Makes a function, or a part of one, a phase: a span with a name, attributes and an outcome.
///
/// A phase ends however its code ends: with a value, through `?`, by a panic, or because its future was dropped; and
/// says which. Where nobody looks it costs next to nothing, and attributes are not evaluated.
///
/// It stands
/// - on a function or method with a body, `async` or not;
/// - inside a function marked `#[phase]` or [`#[mcp_tool]`](macro@mcp_tool), on a `let`, an expression statement, a
///   block, or any expression; also in nested blocks, closures and `async` blocks. (Stable Rust leaves these attributes
///   to the macro of the function. In a function without one it reports experimental attributes.) `phase` has to be
///   imported there as well, or written `#[glassbox::phase(...)]`.
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
/// | `key.with.dots = value` | none | an attribute, evaluated before the phase's code and only when recorded; borrowed, so that the value stays usable |
/// | `crate = path` | `::glassbox` | where the runtime is found; on functions, for the phases inside as well |
///
/// `name`, `fields`, `kind`, `ok`, `err`, `link`, `limit` and `level` without a dot are kept for options.
///
/// # How a phase inside a function can be left
///
/// - `let a = expression?;` or `expression?;` with no other `?` inside: the `?` moves behind the phase, which sees the
///   `Err` (or `None`). Where the call is `parse()` or `try_into()` without its type, whose error is not known that early,
///   the next rule applies.
/// - `?` anywhere else inside: the phase ends with the error, converted to the error type of the function's return
///   type, and the function returns it. In closures this needs a written return type.
/// - As the function's last expression: the phase sees what the function returns.
/// - `return`, `break` and `continue` that would leave the phase do not compile; the message says what to do.
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
