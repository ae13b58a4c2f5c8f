//! Attribute macros of Glassbox.
mod args;
mod diagnostics;
mod docs;
mod fallback;
mod phase;
mod signature;
mod tool;

use proc_macro::TokenStream;

/// x
#[proc_macro_attribute]
pub fn phase(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    phase::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::phase(&error, &item))
        .into()
}

/// x
#[proc_macro_attribute]
pub fn mcp_tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    tool::expand(args.into(), item.clone())
        .unwrap_or_else(|error| fallback::tool(&error, &item))
        .into()
}
