//! The call of a tool: its arguments are taken, the function is called, the answer made of what it returns.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Ident, ReturnType};

use super::model::{Input, Tool};
use crate::args::CratePath;
use crate::receiver::Receiver;
use crate::signature::{hygienic, local};

/// The one call a tool is: its name, and what it is the answer of.
pub(crate) fn call_local(tool: &Tool) -> Ident {
    local("call", tool.function.sig.ident.span())
}

/// The answer to the call [`call_local`], of which it is given the value. `path` is the function.
///
/// Takes the arguments in the order of the parameters, all before the first complaint, and calls the function.
pub(crate) fn future(tool: &Tool, path: &TokenStream) -> TokenStream {
    let sig = &tool.function.sig;
    let ident = &sig.ident;
    let span = hygienic(ident.span());
    let private = tool.krate.private(span);
    let call = call_local(tool);
    let arguments = local("arguments", ident.span());
    let mut takes = Vec::new();
    let mut inputs = Vec::new();
    if matches!(tool.receiver, Receiver::Shared) {
        inputs.push(quote_spanned!(span=> #call.receiver::<Self>()?));
    }
    for input in &tool.inputs {
        match input {
            Input::Argument(argument) => {
                let span = hygienic(argument.ty.span());
                let ty = &argument.ty;
                let position = Literal::usize_unsuffixed(takes.len());
                let taken = local(&format!("argument_{}", takes.len()), argument.name.span());
                takes.push(quote_spanned!(span=> let #taken = #arguments.take::<#ty>(#position);));
                inputs.push(quote_spanned!(span=> #taken.value()?));
            }
            Input::Injection { ty, .. } => {
                let span = hygienic(ty.span());
                inputs.push(quote_spanned!(span=> #call.injected::<#ty>()?));
            }
        }
    }
    let wait = sig.asyncness.map(|_| quote_spanned!(span=> .await));
    let returned = quote_spanned!(span=> #path(#(#inputs),*) #wait);
    let reply = reply(&tool.krate, &sig.output, span, &returned);
    let mutability = (!takes.is_empty()).then(|| syn::Token![mut](span));
    let answer = quote_spanned! {span=>
        let #mutability #arguments = #call.arguments();
        #(#takes)*
        #arguments.finish()?;
        #reply
    };
    if tool.blocking {
        quote_spanned!(span=> #private::run_blocking(move || { #answer }))
    } else {
        quote_spanned!(span=> ::std::boxed::Box::pin(async move { #answer }))
    }
}

/// The answer from what the function returned, pointing at its type.
fn reply(
    krate: &CratePath,
    output: &ReturnType,
    ident: Span,
    returned: &TokenStream,
) -> TokenStream {
    let span = match output {
        ReturnType::Default => ident,
        ReturnType::Type(_, ty) => hygienic(ty.span()),
    };
    let private = krate.private(span);
    quote_spanned! {span=>
        #[allow(unused_imports, reason = "used unless the type is a `Result`")]
        use #private::SplitValue as _;
        #private::reply_with(#private::ReturnProbe::new(#returned).split())
    }
}
