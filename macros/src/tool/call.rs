//! The call of a tool.

use proc_macro2::{Literal, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::model::{Input, Tool};
use crate::invocation::{Invocation, Parameter};
use crate::signature::hygienic;

/// The answer to a call. `path` is the function.
pub(crate) fn future(tool: &Tool, path: &TokenStream) -> TokenStream {
    let mut position = 0;
    let parameters = tool.inputs.iter().map(|input| match input {
        Input::Argument(argument) => {
            let ty = &argument.ty;
            let span = hygienic(ty.span());
            let index = Literal::usize_unsuffixed(position);
            position += 1;
            Parameter::Taken {
                name: argument.name.span(),
                ty,
                take: quote_spanned!(span=> take::<#ty>(#index)),
            }
        }
        Input::Injection { ty, .. } => Parameter::Injected(ty),
    });
    Invocation {
        krate: &tool.krate,
        sig: &tool.function.sig,
        path,
        receiver: tool.receiver,
        values: "arguments",
        parameters: parameters.collect(),
        reply: "reply_with",
        reply_needs_call: false,
        blocking: tool.blocking,
    }
    .answer()
}
