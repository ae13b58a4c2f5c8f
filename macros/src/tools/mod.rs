//! `#[mcp_tools]`: an `impl` block with tools, resources and prompts among its methods.
//!
//! The stages, in order: [`args`] is what was written, [`model`] what was decided, [`codegen`] the tokens. Each
//! [`method`] is a [`crate::tool`], a [`crate::resource`] or a [`crate::prompt`] like a free function is, but for its
//! receiver.

pub(crate) mod args;
pub(crate) mod codegen;
mod method;
pub(crate) mod model;

use proc_macro2::TokenStream;
use syn::{Attribute, ItemImpl, Meta};

use self::args::Args;
use self::model::Block;
use crate::diagnostics::{Diagnostics, readable};
use crate::fallback::keyword;
use crate::offer::Offer;

/// Expands the attribute of an `impl` block.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let args = diagnostics.keep(Args::read(args));
    let block = diagnostics
        .keep(parse(item))
        .map(|item| Block::new(args.unwrap_or_default(), item, &mut diagnostics));
    diagnostics
        .finish(())
        .map(|()| block.map(codegen::block).unwrap_or_default())
}

fn parse(item: TokenStream) -> syn::Result<ItemImpl> {
    syn::parse2(item.clone()).map_err(|error| match syn::parse2(item.clone()) {
        Ok(syn::Item::Impl(_)) | Err(_) => error,
        Ok(syn::Item::Fn(_)) => syn::Error::new_spanned(
            keyword(item),
            "a function is one tool: write `#[mcp_tool]`; `#[mcp_tools]` stands on an `impl` block",
        ),
        Ok(syn::Item::Trait(_)) => syn::Error::new_spanned(
            keyword(item),
            "a trait has no values that could be called: put `#[mcp_tools]` on the `impl` block of a type",
        ),
        Ok(syn::Item::Mod(_)) => syn::Error::new_spanned(
            keyword(item),
            "functions of a module are collected by name: write `ToolSet::new().tool::<first>().tool::<second>()`; \
             `#[mcp_tools]` stands on an `impl` block",
        ),
        Ok(_) => syn::Error::new_spanned(
            keyword(item),
            "methods are tools where they are written: put `#[mcp_tools]` on an `impl` block",
        ),
    })
}

/// Says whether an attribute is `#[mcp_tools]`, under whatever path.
pub(crate) fn is_tools(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "mcp_tools")
}

/// What hides in `#[cfg_attr(.., mcp_tool)]`, which is not decided yet when the block is read.
pub(crate) fn hidden(attribute: &Attribute) -> Option<Offer> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let text = readable(&list.tokens);
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.find_map(Offer::named)
}
