//! A function as a tool: the function, a type of its name, and data about it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, ItemFn, Visibility};

use super::call::{call_local, future};
use super::definition::definition;
use super::model::{Input, Tool};
use crate::args::CratePath;
use crate::signature::{hygienic, local};

/// Everything a tool expands to.
pub(crate) fn tool(tool: &Tool) -> TokenStream {
    let function = &tool.function;
    let marker = marker(function);
    let cfgs = cfgs(&function.attrs);
    let definition = definition(tool);
    let call = call(tool);
    let implementation =
        implementation(&tool.krate, &function.sig.ident, &cfgs, &definition, &call);
    let lints = lints(tool);
    quote!(#lints #function #marker #implementation)
}

fn call(tool: &Tool) -> TokenStream {
    let ident = &tool.function.sig.ident;
    let span = hygienic(ident.span());
    let private = tool.krate.private(span);
    let call = call_local(tool);
    let future = future(tool, &ident.to_token_stream());
    quote_spanned! {span=>
        fn call(#call: #private::ToolCall) -> #private::ToolFuture {
            #future
        }
    }
}

/// What clippy would say of a signature that we ask for.
pub(crate) fn lints(tool: &Tool) -> Option<TokenStream> {
    let owns = tool
        .inputs
        .iter()
        .any(|input| matches!(input, Input::Argument(_)));
    let span = hygienic(tool.function.sig.ident.span());
    owns.then(|| {
        quote_spanned! {span=>
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
        }
    })
}

/// A tool of the function's name that says nothing: after a mistake, so that whoever names the tool still compiles.
pub(crate) fn placeholder(function: &ItemFn, krate: &CratePath) -> TokenStream {
    let marker = marker(function);
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    let span = hygienic(ident.span());
    let private = krate.private(span);
    let definition = quote_spanned!(span=> #private::ToolDefinition::new(#name));
    let call = local("call", ident.span());
    let body = quote_spanned!(span=> fn call(#call: #private::ToolCall) -> #private::ToolFuture {
        let _ = #call;
        #private::unreached()
    });
    let implementation = implementation(krate, ident, &cfgs(&function.attrs), &definition, &body);
    quote!(#marker #implementation)
}

/// The type that stands for the tool. It has no values, and lives where types live, beside the function.
fn marker(function: &ItemFn) -> TokenStream {
    let ItemFn { vis, sig, .. } = function;
    let ident = &sig.ident;
    let span = hygienic(ident.span());
    let cfgs = cfgs(&function.attrs);
    let doc = format!(
        "The tool `{name}`: a server offers it with `.tool::<{name}>()`.",
        name = ident.unraw()
    );
    let vis = match vis {
        Visibility::Inherited => TokenStream::new(),
        vis => vis.to_token_stream(),
    };
    quote_spanned! {span=>
        #(#cfgs)*
        #[doc = #doc]
        #[allow(non_camel_case_types, clippy::exhaustive_enums, reason = "the type is named after its function")]
        #[derive(::core::fmt::Debug)]
        #vis enum #ident {}
    }
}

/// What decides whether the function is there at all.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}

fn implementation(
    krate: &CratePath,
    ident: &Ident,
    cfgs: &[&Attribute],
    definition: &TokenStream,
    call: &TokenStream,
) -> TokenStream {
    let span = hygienic(ident.span());
    let path = krate.at(span);
    let private = krate.private(span);
    quote_spanned! {span=>
        #(#cfgs)*
        impl #path::Tool for #ident {
            const DEFINITION: #private::ToolDefinition = #definition;

            #call
        }
    }
}
