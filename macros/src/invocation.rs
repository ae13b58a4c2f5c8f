//! The call of a function whose parameters come with a request: values are taken, the function is called, the answer
//! made of what it returns.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Ident, ReturnType, Signature, Type};

use crate::args::CratePath;
use crate::receiver::Receiver;
use crate::signature::{hygienic, local};

/// How a function is called, and what its request is called by.
pub(crate) struct Invocation<'a> {
    pub(crate) krate: &'a CratePath,
    pub(crate) sig: &'a Signature,
    /// The function.
    pub(crate) path: &'a TokenStream,
    pub(crate) receiver: Receiver,
    /// What the request calls its values: a method of it.
    pub(crate) values: &'static str,
    /// The value of each parameter, in their order.
    pub(crate) parameters: Vec<Parameter<'a>>,
    /// What makes the answer, a function of the runtime.
    pub(crate) reply: &'static str,
    /// Whether the answer needs the request.
    pub(crate) reply_needs_call: bool,
    /// Runs on a thread for blocking code.
    pub(crate) blocking: bool,
}

/// Where a parameter's value comes from.
pub(crate) enum Parameter<'a> {
    /// Out of the request, by a method of its values.
    Taken {
        name: Span,
        ty: &'a Type,
        take: TokenStream,
    },
    /// From the server.
    Injected(&'a Type),
}

impl Invocation<'_> {
    /// The answer to the request in the local `call`, of which it is given the value.
    ///
    /// Takes the values in the order of the parameters, all before the first complaint, and calls the function.
    pub(crate) fn answer(&self) -> TokenStream {
        let ident = &self.sig.ident;
        let span = hygienic(ident.span());
        let private = self.krate.private(span);
        let call = local("call", ident.span());
        let values = local(self.values, ident.span());
        let method = Ident::new(self.values, span);
        let mut takes = Vec::new();
        let mut inputs = Vec::new();
        if matches!(self.receiver, Receiver::Shared) {
            inputs.push(quote_spanned!(span=> #call.receiver::<Self>()?));
        }
        for parameter in &self.parameters {
            match parameter {
                Parameter::Taken { name, ty, take } => {
                    let span = hygienic(ty.span());
                    let taken = local(&format!("argument_{}", takes.len()), *name);
                    takes.push(quote_spanned!(span=> let #taken = #values.#take;));
                    inputs.push(quote_spanned!(span=> #taken.value()?));
                }
                Parameter::Injected(ty) => {
                    let span = hygienic(ty.span());
                    inputs.push(quote_spanned!(span=> #call.injected::<#ty>()?));
                }
            }
        }
        let path = self.path;
        let wait = self.sig.asyncness.map(|_| quote_spanned!(span=> .await));
        let returned = quote_spanned!(span=> #path(#(#inputs),*) #wait);
        let reply = self.reply(span, &returned);
        let mutability = (!takes.is_empty()).then(|| syn::Token![mut](span));
        let answer = quote_spanned! {span=>
            let #mutability #values = #call.#method();
            #(#takes)*
            #values.finish()?;
            #reply
        };
        if self.blocking {
            quote_spanned!(span=> #private::run_blocking(move || { #answer }))
        } else {
            quote_spanned!(span=> ::std::boxed::Box::pin(async move { #answer }))
        }
    }

    /// The answer from what the function returned, pointing at its type.
    fn reply(&self, ident: Span, returned: &TokenStream) -> TokenStream {
        let span = match &self.sig.output {
            ReturnType::Default => ident,
            ReturnType::Type(_, ty) => hygienic(ty.span()),
        };
        let private = self.krate.private(span);
        let reply = Ident::new(self.reply, span);
        let call = local("call", self.sig.ident.span());
        let call = self
            .reply_needs_call
            .then(|| quote_spanned!(span=> &#call,));
        quote_spanned! {span=>
            #[allow(unused_imports, reason = "used unless the type is a `Result`")]
            use #private::SplitValue as _;
            #private::#reply(#call #private::ReturnProbe::new(#returned).split())
        }
    }
}
