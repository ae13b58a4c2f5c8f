//! `#[mcp_resource("...")]`: a function as a resource, or as a template of resources.
//!
//! The stages, in order: [`args`] is what was written, [`template`] its URI taken apart, [`model`] what was decided;
//! [`codegen`] are the tokens, of which [`crate::tools`] takes its own for methods.

pub(crate) mod args;
pub(crate) mod codegen;
pub(crate) mod model;
pub(crate) mod template;

use proc_macro2::{Span, TokenStream};

use self::model::Resource;
use crate::diagnostics::Diagnostics;
use crate::offer::Offer;
use crate::tool::place::Place;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let (uri, args) = args::read(args, Span::call_site(), &mut diagnostics);
    let resource = diagnostics
        .keep(Offer::Resource.parse(item))
        .and_then(|function| {
            let uri = uri.as_ref();
            Resource::new(uri, args, function, &Place::Module, &mut diagnostics)
        });
    diagnostics
        .finish(())
        .map(|()| resource.as_ref().map(codegen::resource).unwrap_or_default())
}
