//! `#[mcp_tool(...)]`: a function as a tool.
//!
//! The stages, in order: [`args`] is what was written, [`model`] what was decided; [`definition`] and [`call`] are the
//! tokens, which [`function`] puts together for a free function and [`crate::tools`] for methods.

pub(crate) mod args;
pub(crate) mod argument;
pub(crate) mod associated;
pub(crate) mod call;
pub(crate) mod checks;
mod defaults;
pub(crate) mod definition;
mod flatten;
pub(crate) mod function;
mod keyword;
pub(crate) mod model;
pub(crate) mod name;
mod number;
mod owned;
pub(crate) mod parameter;
mod pattern;
pub(crate) mod place;
mod returned;
pub(crate) mod scopes;
mod shape;
pub(crate) mod value;

use proc_macro2::TokenStream;

use self::args::Args;
use self::model::Tool;
use self::place::Place;
use crate::diagnostics::Diagnostics;
use crate::offer::Offer;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let args = diagnostics.keep(Args::read(args));
    let tool = diagnostics
        .keep(Offer::Tool.parse(item))
        .and_then(|function| {
            let args = args.unwrap_or_default();
            Tool::new(args, function, &Place::Module, &mut diagnostics)
        });
    diagnostics
        .finish(())
        .map(|()| tool.as_ref().map(function::tool).unwrap_or_default())
}
