//! What a function is offered as, and the words for it.

use std::fmt;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, ItemFn};

use crate::fallback::keyword;

/// What a server offers a function as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Tool,
    Resource,
    Prompt,
}

impl Offer {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    /// What an attribute makes of its function, if it is one of ours, under whatever path.
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        let last = attribute.path().segments.last()?;
        Self::named(&last.ident.to_string())
    }

    /// What the attribute of that name makes of its function.
    pub(crate) fn named(attribute: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|offer| attribute == offer.attribute())
    }

    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Tool => "mcp_tool",
            Self::Resource => "mcp_resource",
            Self::Prompt => "mcp_prompt",
        }
    }

    /// What an owned parameter is.
    pub(crate) fn value(self) -> &'static str {
        match self {
            Self::Tool | Self::Prompt => "argument",
            Self::Resource => "variable",
        }
    }

    /// What becomes of what the function returns.
    pub(crate) fn returned(self) -> &'static str {
        match self {
            Self::Tool => "gives its output schema",
            Self::Resource => "becomes its contents",
            Self::Prompt => "becomes its messages",
        }
    }

    /// The attribute as it is written.
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Tool => "#[mcp_tool]",
            Self::Resource => "#[mcp_resource(\"...\")]",
            Self::Prompt => "#[mcp_prompt]",
        }
    }

    /// The function under the attribute.
    pub(crate) fn parse(self, item: TokenStream) -> syn::Result<ItemFn> {
        syn::parse2(item.clone()).map_err(|error| match syn::parse2(item.clone()) {
            Ok(syn::Item::Verbatim(_)) | Err(_) if is_method(&item) => syn::Error::new_spanned(
                keyword(item),
                format!("a {self} is a function with a body: put `{written}` where the method is implemented", written = self.written()),
            ),
            Err(_) if !has_fn(&item) => self.no_function(item),
            Ok(syn::Item::Fn(_)) | Err(_) => error,
            Ok(syn::Item::Impl(_)) => syn::Error::new_spanned(
                keyword(item),
                format!("an `impl` block has {self}s among its methods: write `#[mcp_tools]`, and `{written}` on each of them", written = self.written()),
            ),
            Ok(_) => self.no_function(item),
        })
    }

    fn no_function(self, item: TokenStream) -> syn::Error {
        syn::Error::new_spanned(
            keyword(item),
            format!(
                "a {self} is a function: put `{written}` on a `fn`",
                written = self.written()
            ),
        )
    }
}

/// Says whether an item is a method without a body, as traits have them.
fn is_method(item: &TokenStream) -> bool {
    syn::parse2::<syn::TraitItemFn>(item.clone()).is_ok_and(|method| method.default.is_none())
}

fn has_fn(item: &TokenStream) -> bool {
    let mut tokens = item.clone().into_iter();
    tokens.any(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))
}

impl fmt::Display for Offer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Prompt => "prompt",
        })
    }
}
