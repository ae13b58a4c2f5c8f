//! The type beside a function: it has the function's name, and is what a server takes.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, ItemFn, Visibility, parse_quote_spanned};

use crate::args::CratePath;
use crate::offer::Offer;
use crate::signature::{hygienic, local};

/// The names in the runtime of what is implemented for the type.
struct Names {
    implemented: &'static str,
    definition: &'static str,
    method: &'static str,
    call: &'static str,
    future: &'static str,
}

impl Names {
    const fn of(offer: Offer) -> Self {
        match offer {
            Offer::Tool => Self {
                implemented: "Tool",
                definition: "ToolDefinition",
                method: "call",
                call: "ToolCall",
                future: "ToolFuture",
            },
            Offer::Resource => Self {
                implemented: "Resource",
                definition: "ResourceDefinition",
                method: "read",
                call: "ResourceCall",
                future: "ResourceFuture",
            },
            Offer::Prompt => Self {
                implemented: "Prompt",
                definition: "PromptDefinition",
                method: "get",
                call: "PromptCall",
                future: "PromptFuture",
            },
        }
    }
}

/// The function, the type, and what it implements: a definition as a constant, and the answer to the call [`local`]
/// `call`.
pub(crate) fn beside(
    offer: Offer,
    krate: &CratePath,
    function: &ItemFn,
    owns: bool,
    definition: &TokenStream,
    answer: &TokenStream,
) -> TokenStream {
    let lints = lints(function.sig.ident.span(), owns);
    let marker = marker(offer, function);
    let implementation = implementation(offer, krate, function, definition, answer);
    quote!(#lints #function #marker #implementation)
}

/// What clippy would say of a signature that we ask for, where parameters are owned.
pub(crate) fn lints(place: Span, owns: bool) -> Option<TokenStream> {
    let span = hygienic(place);
    owns.then(|| {
        quote_spanned! {span=>
            #[allow(clippy::needless_pass_by_value, reason = "owned parameters are arguments")]
        }
    })
}

/// Keeps clippy from asking for `const`, which is refused.
pub(crate) fn never_const(function: &mut ItemFn) {
    if function.sig.asyncness.is_none() {
        let span = hygienic(function.sig.ident.span());
        function.attrs.push(parse_quote_spanned! {span=>
            #[allow(clippy::missing_const_for_fn, reason = "it is called at run time only")]
        });
    }
}

/// A type of the function's name that says nothing: after a mistake, so that whoever names it still compiles.
pub(crate) fn placeholder(offer: Offer, function: &ItemFn, krate: &CratePath) -> TokenStream {
    let marker = marker(offer, function);
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    let span = hygienic(ident.span());
    let private = krate.private(span);
    let definition = Ident::new(Names::of(offer).definition, span);
    let more = match offer {
        Offer::Tool | Offer::Prompt => TokenStream::new(),
        Offer::Resource => quote_spanned!(span=> , #name, &[]),
    };
    let definition = quote_spanned!(span=> #private::#definition::new(#name #more));
    let call = local("call", ident.span());
    let answer = quote_spanned! {span=>
        let _ = #call;
        #private::unreached()
    };
    let implementation = implementation(offer, krate, function, &definition, &answer);
    quote!(#marker #implementation)
}

/// The type that stands for the function. It has no values, and lives where types live, beside the function.
fn marker(offer: Offer, function: &ItemFn) -> TokenStream {
    let ItemFn { vis, sig, .. } = function;
    let ident = &sig.ident;
    let span = hygienic(ident.span());
    let cfgs = cfgs(&function.attrs);
    let doc = format!(
        "The {offer} `{name}`: a server offers it with `.{offer}::<{name}>()`.",
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

/// Whoever offers a deprecated function calls it.
pub(crate) fn deprecated(attributes: &[Attribute], span: Span) -> Option<TokenStream> {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("deprecated"))
        .then(|| {
            quote_spanned! {span=>
                #[allow(deprecated, reason = "a deprecated function is still offered")]
            }
        })
}

fn implementation(
    offer: Offer,
    krate: &CratePath,
    function: &ItemFn,
    definition: &TokenStream,
    answer: &TokenStream,
) -> TokenStream {
    let ident = &function.sig.ident;
    let cfgs = cfgs(&function.attrs);
    let span = hygienic(ident.span());
    let path = krate.at(span);
    let private = krate.private(span);
    let names = Names::of(offer);
    let name = |name| Ident::new(name, span);
    let (implemented, constant) = (name(names.implemented), name(names.definition));
    let (method, call_type, future) = (name(names.method), name(names.call), name(names.future));
    let call = local("call", ident.span());
    let deprecated = deprecated(&function.attrs, span);
    quote_spanned! {span=>
        #(#cfgs)*
        #deprecated
        impl #path::#implemented for #ident {
            const DEFINITION: #private::#constant = #definition;

            fn #method(#call: #private::#call_type) -> #private::#future {
                #answer
            }
        }
    }
}
