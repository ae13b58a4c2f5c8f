//! `#[mcp_prompt]`: a function as a prompt.
//!
//! The stages, in order: [`args`] is what was written, [`model`] what was decided; [`codegen`] are the tokens, of
//! which [`crate::tools`] takes its own for methods.

pub(crate) mod args;
pub(crate) mod codegen;
pub(crate) mod model;

use proc_macro2::TokenStream;

use self::args::Args;
use self::model::Prompt;
use crate::diagnostics::Diagnostics;
use crate::offer::Offer;
use crate::tool::place::Place;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let args = diagnostics.keep(Args::read(args)).unwrap_or_default();
    let prompt = diagnostics
        .keep(Offer::Prompt.parse(item))
        .map(|function| Prompt::new(args, function, &Place::Module, &mut diagnostics));
    diagnostics
        .finish(())
        .map(|()| prompt.as_ref().map(codegen::prompt).unwrap_or_default())
}
