//! A block with tools as tokens: the block, and its tools as data.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, ImplItem, ItemImpl};

use super::model::{Block, Member};
use crate::args::CratePath;
use crate::marker::{cfgs, deprecated};
use crate::signature::{hygienic, local};
use crate::tool::call::{call_local, future};
use crate::tool::definition::definition;
use crate::tool::function::lints;
use crate::tool::model::Tool;

/// Everything a block expands to.
pub(crate) fn block(block: Block) -> TokenStream {
    let methods: Vec<TokenStream> = block
        .tools()
        .map(|tool| method(tool, &block.item))
        .collect();
    let tools = tools(&block.krate, &block.item, block.set.as_ref(), &methods);
    let Block {
        mut item, members, ..
    } = block;
    item.items = members
        .into_iter()
        .map(|member| match member {
            Member::Other(item) => *item,
            Member::Tool(tool) => {
                let lints = lints(&tool);
                let function = &tool.function;
                ImplItem::Verbatim(quote!(#lints #function))
            }
        })
        .collect();
    quote!(#item #tools)
}

/// A set without tools: after a mistake, so that whoever takes the tools still compiles.
pub(crate) fn placeholder(item: &ItemImpl, krate: &CratePath, set: Option<&Ident>) -> TokenStream {
    tools(krate, item, set, &[])
}

/// What the server takes.
fn tools(
    krate: &CratePath,
    item: &ItemImpl,
    set: Option<&Ident>,
    methods: &[TokenStream],
) -> TokenStream {
    let ty = &item.self_ty;
    let span = hygienic(ty.span());
    let path = krate.at(span);
    let private = krate.private(span);
    let cfgs = cfgs(&item.attrs);
    let (generics, _, clause) = item.generics.split_for_impl();
    let marker = set.map(|set| local("Set", set.span()));
    let arguments = marker
        .as_ref()
        .map(|marker| quote_spanned!(span=> <#marker>));
    let implementation = quote_spanned! {span=>
        #(#cfgs)*
        impl #generics #path::ToolMethods #arguments for #ty #clause {
            const METHODS: &'static [#private::ToolMethod] = &[#(#methods),*];
        }
    };
    let Some((set, marker)) = set.zip(marker) else {
        return implementation;
    };
    let doc = format!(
        "The tools of one `impl` block: a server offers them with `.tools({name}::{set}(value))`.",
        name = crate::diagnostics::readable(ty),
    );
    let span = hygienic(set.span());
    let value = local("value", set.span());
    quote_spanned! {span=>
        #(#cfgs)*
        const _: () = {
            #[derive(::core::fmt::Debug)]
            enum #marker {}

            #implementation

            impl #generics #ty #clause {
                #[doc = #doc]
                pub fn #set(
                    #value: impl ::core::convert::Into<::std::sync::Arc<Self>>,
                ) -> #path::ToolSet {
                    #private::named_set::<#marker, Self>(#value)
                }
            }
        };
    }
}

/// A method as data.
fn method(tool: &Tool, item: &ItemImpl) -> TokenStream {
    let ident = &tool.function.sig.ident;
    let span = hygienic(ident.span());
    let private = tool.krate.private(span);
    let cfgs: Vec<&Attribute> = cfgs(&tool.function.attrs);
    let name = ident.unraw().to_string();
    let definition = definition(tool);
    let call = call_local(tool);
    let path = match &item.trait_ {
        None => quote_spanned!(span=> Self::#ident),
        Some((implemented, _)) => {
            let implemented = implemented.to_token_stream();
            quote_spanned!(span=> <Self as #implemented>::#ident)
        }
    };
    let future = future(tool, &path);
    let deprecated = deprecated(&tool.function.attrs, span);
    quote_spanned! {span=>
        #(#cfgs)*
        #deprecated
        #private::ToolMethod::new(#name, #definition, |#call| #future)
    }
}
