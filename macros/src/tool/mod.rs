//! `#[mcp_tool(...)]`: a function as a tool.
//!
//! The stages, in order: [`args`] is what was written, [`model`] what was decided, [`codegen`] the tokens.

pub(crate) mod args;
mod argument;
pub(crate) mod codegen;
mod model;
mod name;
mod parameter;
mod scopes;

use proc_macro2::TokenStream;
use syn::ItemFn;

use self::args::Args;
use self::model::Tool;
use crate::diagnostics::Diagnostics;
use crate::fallback::keyword;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let args = diagnostics.keep(Args::read(args));
    let tool = diagnostics
        .keep(parse(item))
        .and_then(|function| Tool::new(args.unwrap_or_default(), function, &mut diagnostics));
    diagnostics
        .finish(())
        .map(|()| tool.as_ref().map(codegen::tool).unwrap_or_default())
}

fn parse(item: TokenStream) -> syn::Result<ItemFn> {
    syn::parse2(item.clone()).map_err(|error| match syn::parse2(item.clone()) {
        Ok(syn::Item::Fn(_)) | Err(_) => error,
        Ok(_) => syn::Error::new_spanned(
            keyword(item),
            "a tool is a function: put `#[mcp_tool]` on a free `fn`",
        ),
    })
}
