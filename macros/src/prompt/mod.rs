//! `#[mcp_prompt]`: a function as a prompt.
//!
//! The stages, in order: [`args`] is what was written, [`model`] what was decided; [`codegen`] are the tokens.

pub(crate) mod args;
mod codegen;
mod model;

use proc_macro2::TokenStream;

use self::args::Args;
use self::model::Prompt;
use crate::diagnostics::Diagnostics;
use crate::offer::Offer;

/// Expands the attribute of a function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut diagnostics = Diagnostics::default();
    let args = diagnostics.keep(Args::read(args)).unwrap_or_default();
    let prompt = diagnostics
        .keep(Offer::Prompt.parse(item))
        .map(|function| Prompt::new(args, function, &mut diagnostics));
    diagnostics
        .finish(())
        .map(|()| prompt.as_ref().map(codegen::prompt).unwrap_or_default())
}
