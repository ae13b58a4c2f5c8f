//! `#[mcp_tool(...)]`: a function as a tool.
//!
//! The stages, in order: [`args`] is what was written, [`model`] what was decided; [`definition`] and [`call`] are the
//! tokens, which [`function`] puts together for a free function and [`crate::tools`] for methods.

pub(crate) mod args;
mod argument;
pub(crate) mod call;
mod checks;
pub(crate) mod definition;
pub(crate) mod function;
mod keyword;
pub(crate) mod model;
pub(crate) mod name;
mod number;
pub(crate) mod parameter;
mod scopes;
mod shape;

use proc_macro2::TokenStream;
use syn::{Attribute, ItemFn};

use self::args::Args;
use self::model::{Place, Tool};
use crate::diagnostics::Diagnostics;
use crate::fallback::keyword;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let args = diagnostics.keep(Args::read(args));
    let tool = diagnostics.keep(parse(item)).and_then(|function| {
        let args = args.unwrap_or_default();
        Tool::new(args, function, &Place::Module, &mut diagnostics)
    });
    diagnostics
        .finish(())
        .map(|()| tool.as_ref().map(function::tool).unwrap_or_default())
}

/// Says whether an attribute is `#[mcp_tool]`, under whatever path.
pub(crate) fn is_tool(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "mcp_tool")
}

fn parse(item: TokenStream) -> syn::Result<ItemFn> {
    syn::parse2(item.clone()).map_err(|error| match syn::parse2(item.clone()) {
        Ok(syn::Item::Fn(_)) | Err(_) => error,
        Ok(syn::Item::Impl(_)) => syn::Error::new_spanned(
            keyword(item),
            "an `impl` block has tools among its methods: write `#[mcp_tools]`, and `#[mcp_tool]` on each of them",
        ),
        Ok(_) => syn::Error::new_spanned(
            keyword(item),
            "a tool is a function: put `#[mcp_tool]` on a `fn`",
        ),
    })
}
