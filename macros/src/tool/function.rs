//! A function as a tool: the function, a type of its name, and data about it.

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::call::future;
use super::definition::definition;
use super::model::{Input, Tool};
use crate::marker::{beside, lints as lints_at};
use crate::offer::Offer;

/// Everything a tool expands to.
pub(crate) fn tool(tool: &Tool) -> TokenStream {
    let answer = future(tool, &tool.function.sig.ident.to_token_stream());
    beside(
        Offer::Tool,
        &tool.krate,
        &tool.function,
        owns(tool),
        &definition(tool),
        &answer,
    )
}

/// What clippy would say of a signature that we ask for.
pub(crate) fn lints(tool: &Tool) -> Option<TokenStream> {
    lints_at(tool.function.sig.ident.span(), owns(tool))
}

fn owns(tool: &Tool) -> bool {
    let mut inputs = tool.inputs.iter();
    inputs.any(|input| matches!(input, Input::Argument(_)))
}
