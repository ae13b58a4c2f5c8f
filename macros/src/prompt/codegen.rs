//! A prompt as tokens: the function, a type of its name, and data about it.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::model::{Argument, Input, Prompt};
use crate::args::CratePath;
use crate::input::{injections, list, owns};
use crate::invocation::{Invocation, Parameter};
use crate::marker::beside;
use crate::offer::Offer;
use crate::signature::hygienic;
use crate::tool::definition::default_value;

/// Everything a prompt expands to.
pub(crate) fn prompt(prompt: &Prompt) -> TokenStream {
    let path = prompt.function.sig.ident.to_token_stream();
    beside(
        Offer::Prompt,
        &prompt.krate,
        &prompt.function,
        owns(&prompt.inputs),
        &definition(prompt),
        &answer(prompt, &path),
    )
}

/// The definition as one constant expression.
pub(crate) fn definition(prompt: &Prompt) -> TokenStream {
    let span = hygienic(prompt.function.sig.ident.span());
    let private = prompt.krate.private(span);
    let name = &prompt.name;
    let title = prompt.title.iter();
    let description = prompt.description.iter();
    let arguments = prompt.inputs.iter().filter_map(|input| match input {
        Input::Argument(argument) => Some(self::argument(&prompt.krate, argument)),
        Input::Injection { .. } => None,
    });
    let arguments = list(span, "arguments", arguments);
    let scopes = prompt.scopes.iter().map(ToTokens::to_token_stream);
    let scopes = list(span, "scopes", scopes);
    let injections = injections(&prompt.krate, span, &prompt.inputs);
    quote_spanned! {span=>
        #private::PromptDefinition::new(#name)
            #(.title(#title))*
            #(.description(#description))*
            #scopes
            #arguments
            #injections
    }
}

fn argument(krate: &CratePath, argument: &Argument) -> TokenStream {
    let span = hygienic(argument.ty.span());
    let private = krate.private(span);
    let name = &argument.name;
    let title = argument.title.iter();
    let description = argument.description.iter();
    let is_required = match &argument.default {
        Some(_) => quote_spanned!(span=> || false),
        None => {
            let kind = kind(krate, &argument.ty);
            quote_spanned!(span=> || #private::is_required(#kind))
        }
    };
    quote_spanned! {span=>
        #private::PromptArgument::new(#name, #is_required)
            #(.title(#title))*
            #(.description(#description))*
    }
}

/// Whether a text has to be given for a parameter, as the compiler finds out.
fn kind(krate: &CratePath, ty: &Type) -> TokenStream {
    let span = hygienic(ty.span());
    let private = krate.private(span);
    quote_spanned! {span=>
        {
            #[allow(unused_imports, reason = "used unless the type is an `Option`")]
            use #private::ViaRequired as _;
            #private::TextProbe::<#ty>::new().kind()
        }
    }
}

/// The answer to a request. `path` is the function.
pub(crate) fn answer(prompt: &Prompt, path: &TokenStream) -> TokenStream {
    let mut position = 0;
    let parameters = prompt.inputs.iter().map(|input| match input {
        Input::Argument(argument) => {
            let ty = &argument.ty;
            let span = hygienic(ty.span());
            let index = Literal::usize_unsuffixed(position);
            position += 1;
            let kind = kind(&prompt.krate, ty);
            let take = match &argument.default {
                None => quote_spanned!(span=> take(#index, #kind)),
                Some(default) => {
                    let default = default_value(&prompt.krate, default);
                    quote_spanned!(span=> take_or(#index, #kind, || ::core::option::Option::Some(#default)))
                }
            };
            Parameter::Taken {
                name: argument.name.span(),
                ty,
                take,
            }
        }
        Input::Injection { ty, .. } => Parameter::Injected(ty),
    });
    Invocation {
        krate: &prompt.krate,
        sig: &prompt.function.sig,
        path,
        receiver: prompt.receiver,
        values: "arguments",
        parameters: parameters.collect(),
        reply: "messages",
        reply_needs_call: true,
        blocking: prompt.blocking,
    }
    .answer()
}
