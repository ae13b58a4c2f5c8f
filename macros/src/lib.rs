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

#[doc = include_str!("../docs/mcp_tool.md")]
#[proc_macro_attribute]
pub fn mcp_tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    tool::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::function(Offer::Tool, &error, &item))
        .into()
}

#[doc = include_str!("../docs/mcp_tools.md")]
#[proc_macro_attribute]
pub fn mcp_tools(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    let args = proc_macro2::TokenStream::from(args);
    tools::expand(args.clone(), item.clone())
        .unwrap_or_else(|error| fallback::tools(&error, &args, &item))
        .into()
}

#[doc = include_str!("../docs/mcp_resource.md")]
#[proc_macro_attribute]
pub fn mcp_resource(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    resource::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::function(Offer::Resource, &error, &item))
        .into()
}

#[doc = include_str!("../docs/mcp_prompt.md")]
#[proc_macro_attribute]
pub fn mcp_prompt(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    prompt::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::function(Offer::Prompt, &error, &item))
        .into()
}

#[doc = include_str!("../docs/phase.md")]
#[proc_macro_attribute]
pub fn phase(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    phase::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::phase(&error, &item))
        .into()
}
