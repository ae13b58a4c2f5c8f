//! A function as a tool: the function, a type of its name, and data about it.

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::call::future;
use super::definition::definition;
use super::model::Tool;
use crate::input::owns;
use crate::marker::beside;
use crate::offer::Offer;

/// Everything a tool expands to.
pub(crate) fn tool(tool: &Tool) -> TokenStream {
    let answer = future(tool, &tool.function.sig.ident.to_token_stream());
    beside(
        Offer::Tool,
        &tool.krate,
        &tool.function,
        owns(&tool.inputs),
        &definition(tool),
        &answer,
    )
}
