//! A resource as tokens: the function, a type of its name, and data about it.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ReturnType;
use syn::spanned::Spanned;

use super::model::{Input, Resource};
use super::template::Part;
use crate::input::{injections, list, owns};
use crate::invocation::{Invocation, Parameter};
use crate::marker::beside;
use crate::offer::Offer;
use crate::signature::hygienic;

/// Everything a resource expands to.
pub(crate) fn resource(resource: &Resource) -> TokenStream {
    let path = resource.function.sig.ident.to_token_stream();
    beside(
        Offer::Resource,
        &resource.krate,
        &resource.function,
        owns(&resource.inputs),
        &definition(resource),
        &answer(resource, &path),
    )
}

/// The definition as one constant expression.
pub(crate) fn definition(resource: &Resource) -> TokenStream {
    let span = hygienic(resource.function.sig.ident.span());
    let private = resource.krate.private(span);
    let Resource { name, uri, .. } = resource;
    let parts = resource.parts.iter().map(|part| match part {
        Part::Literal(text) => quote_spanned!(span=> #private::UriPart::Literal(#text)),
        Part::Segment(name) => quote_spanned!(span=> #private::UriPart::Segment(#name)),
        Part::Rest(name) => quote_spanned!(span=> #private::UriPart::Rest(#name)),
    });
    let title = resource.title.iter();
    let description = resource.description.iter();
    let mime_type = resource.mime_type.iter();
    let content_type = content_type(resource);
    let size_bytes = resource.size_bytes.map(Literal::u64_unsuffixed);
    let size_bytes = size_bytes.iter();
    let audience = resource
        .audience
        .iter()
        .map(|role| quote_spanned!(span=> #private::Role::#role));
    let audience = list(span, "audience", audience);
    let priority = resource.priority.map(Literal::f32_unsuffixed);
    let priority = priority.iter();
    let scopes = resource.scopes.iter().map(ToTokens::to_token_stream);
    let scopes = list(span, "scopes", scopes);
    let injections = injections(&resource.krate, span, &resource.inputs);
    quote_spanned! {span=>
        #private::ResourceDefinition::new(#name, #uri, &[#(#parts),*])
            #(.title(#title))*
            #(.description(#description))*
            #(.mime_type(#mime_type))*
            #content_type
            #(.size(#size_bytes))*
            #audience
            #(.priority(#priority))*
            #scopes
            #injections
    }
}

/// What the type of the contents says, pointing at it.
fn content_type(resource: &Resource) -> TokenStream {
    let ReturnType::Type(_, ty) = &resource.function.sig.output else {
        return TokenStream::new();
    };
    let span = hygienic(ty.span());
    let private = resource.krate.private(span);
    quote_spanned! {span=>
        .content_type(|| {
            #[allow(unused_imports, reason = "used unless the type is a `Result`")]
            use #private::ViaValue as _;
            #private::content_type(#private::OutputProbe::<#ty>::new().value())
        })
    }
}

/// The answer to a read. `path` is the function.
pub(crate) fn answer(resource: &Resource, path: &TokenStream) -> TokenStream {
    let parameters = resource.inputs.iter().map(|input| match input {
        Input::Argument(variable) => {
            let ty = &variable.ty;
            let span = hygienic(ty.span());
            let index = Literal::usize_unsuffixed(variable.index);
            Parameter::Taken {
                name: variable.name.span(),
                ty,
                take: quote_spanned!(span=> take::<#ty>(#index)),
            }
        }
        Input::Injection { ty, .. } => Parameter::Injected(ty),
    });
    Invocation {
        krate: &resource.krate,
        sig: &resource.function.sig,
        path,
        receiver: resource.receiver,
        values: "variables",
        parameters: parameters.collect(),
        reply: "contents",
        reply_needs_call: true,
        blocking: resource.blocking,
    }
    .answer()
}
