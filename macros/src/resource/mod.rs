//! `#[mcp_resource("...")]`: a function as a resource, or as a template of resources.
//!
//! The stages, in order: [`args`] is what was written, [`template`] its URI taken apart, [`model`] what was decided;
//! [`codegen`] are the tokens.

pub(crate) mod args;
mod codegen;
mod model;
mod template;

use proc_macro2::TokenStream;

use self::model::Resource;
use crate::diagnostics::Diagnostics;
use crate::offer::Offer;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let (uri, args) = args::read(args, &mut diagnostics);
    let resource = diagnostics
        .keep(Offer::Resource.parse(item))
        .and_then(|function| Resource::new(uri.as_ref(), args, function, &mut diagnostics));
    diagnostics
        .finish(())
        .map(|()| resource.as_ref().map(codegen::resource).unwrap_or_default())
}
