//! A block as tokens: the block, and what its methods are offered as, as data.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, ImplItem, ItemImpl};

use super::method::Method;
use super::model::{Block, Member};
use crate::args::CratePath;
use crate::marker::{cfgs, deprecated, lints};
use crate::offer::Offer;
use crate::signature::{hygienic, local};

/// Everything a block expands to.
pub(crate) fn block(block: Block) -> TokenStream {
    let lists = Offer::ALL.map(|offer| list(&block, offer));
    let set = set(&block.krate, &block.item, block.set.as_ref(), &lists);
    let Block {
        mut item, members, ..
    } = block;
    item.items = members
        .into_iter()
        .map(|member| match member {
            Member::Other(item) => *item,
            Member::Method(method) => {
                let function = method.function();
                let lints = lints(function.sig.ident.span(), method.owns());
                ImplItem::Verbatim(quote!(#lints #function))
            }
        })
        .collect();
    quote!(#item #set)
}

/// An empty set: after a mistake, so that whoever takes it still compiles.
pub(crate) fn placeholder(item: &ItemImpl, krate: &CratePath, name: Option<&Ident>) -> TokenStream {
    set(krate, item, name, &[])
}

/// What the server takes.
fn set(
    krate: &CratePath,
    item: &ItemImpl,
    name: Option<&Ident>,
    lists: &[TokenStream],
) -> TokenStream {
    let ty = &item.self_ty;
    let span = hygienic(ty.span());
    let path = krate.at(span);
    let cfgs = cfgs(&item.attrs);
    let (generics, _, clause) = item.generics.split_for_impl();
    let marker = name.map(|name| local("Set", name.span()));
    let arguments = marker
        .as_ref()
        .map(|marker| quote_spanned!(span=> <#marker>));
    let implementation = quote_spanned! {span=>
        #(#cfgs)*
        impl #generics #path::ToolMethods #arguments for #ty #clause {
            #(#lists)*
        }
    };
    let Some((name, marker)) = name.zip(marker) else {
        return implementation;
    };
    let doc = format!(
        "The set of one `impl` block: a server takes it with `.tools({ty}::{name}(value))`.",
        ty = crate::diagnostics::readable(ty),
    );
    let span = hygienic(name.span());
    let private = krate.private(span);
    let value = local("value", name.span());
    quote_spanned! {span=>
        #(#cfgs)*
        const _: () = {
            #[derive(::core::fmt::Debug)]
            enum #marker {}

            #implementation

            impl #generics #ty #clause {
                #[doc = #doc]
                pub fn #name(
                    #value: impl ::core::convert::Into<::std::sync::Arc<Self>>,
                ) -> #path::ToolSet {
                    #private::named_set::<#marker, Self>(#value)
                }
            }
        };
    }
}

/// The names in the runtime of a list of methods, and of the methods in it.
fn names(offer: Offer) -> (&'static str, &'static str) {
    match offer {
        Offer::Tool => ("TOOLS", "ToolMethod"),
        Offer::Resource => ("RESOURCES", "ResourceMethod"),
        Offer::Prompt => ("PROMPTS", "PromptMethod"),
    }
}

/// The methods that are offered as the same, as a constant; nothing if there are none.
fn list(block: &Block, offer: Offer) -> TokenStream {
    let methods = block.methods().filter(|method| method.offer() == offer);
    let methods: Vec<TokenStream> = methods.map(|method| entry(block, method)).collect();
    if methods.is_empty() {
        return TokenStream::new();
    }
    let span = hygienic(block.item.self_ty.span());
    let private = block.krate.private(span);
    let (constant, ty) = names(offer);
    let (constant, ty) = (Ident::new(constant, span), Ident::new(ty, span));
    quote_spanned! {span=>
        const #constant: &'static [#private::#ty] = &[#(#methods),*];
    }
}

/// A method as data.
fn entry(block: &Block, method: &Method) -> TokenStream {
    let function = method.function();
    let ident = &function.sig.ident;
    let span = hygienic(ident.span());
    let private = block.krate.private(span);
    let cfgs: Vec<&Attribute> = cfgs(&function.attrs);
    let name = ident.unraw().to_string();
    let definition = method.definition();
    let call = local("call", ident.span());
    let ty = Ident::new(names(method.offer()).1, span);
    let path = match &block.item.trait_ {
        None => quote_spanned!(span=> Self::#ident),
        Some((implemented, _)) => {
            let implemented = implemented.to_token_stream();
            quote_spanned!(span=> <Self as #implemented>::#ident)
        }
    };
    let answer = method.answer(&path);
    let deprecated = deprecated(&function.attrs, span);
    quote_spanned! {span=>
        #(#cfgs)*
        #deprecated
        #private::#ty::new(#name, #definition, |#call| #answer)
    }
}
