//! What `#[mcp_prompt(...)]` accepts, and `#[arg(...)]` on its parameters.
#![expect(
    clippy::unreachable,
    reason = "darling's derive writes it where a field was filled in just before"
)]

use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::{Attribute, Meta};

use crate::args::{CratePath, Keyed, Switch, Text, Value, accepted, read_accepted};
use crate::tool::scopes::Scopes;

accepted! {
/// `#[mcp_prompt(...)]` as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct Args {
    pub(crate) name: Option<Keyed<Text>>,
    pub(crate) title: Option<Keyed<Text>>,
    pub(crate) description: Option<Keyed<Text>>,
    pub(crate) blocking: Option<Keyed<Switch>>,
    pub(crate) scopes: Option<Keyed<Scopes>>,
    #[darling(rename = "crate")]
    pub(crate) crate_path: Option<Keyed<CratePath>>,
}
}

impl Args {
    pub(crate) fn read(tokens: TokenStream) -> syn::Result<Self> {
        read_accepted(tokens, Self::NAMES)
    }
}

accepted! {
/// `#[arg(...)]` on a parameter of a prompt, as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct ArgArgs {
    pub(crate) default: Option<Keyed<Value>>,
    pub(crate) rename: Option<Keyed<Text>>,
    pub(crate) title: Option<Keyed<Text>>,
    pub(crate) description: Option<Keyed<Text>>,
}
}

impl ArgArgs {
    pub(crate) fn read(attribute: &Attribute) -> syn::Result<Self> {
        match &attribute.meta {
            Meta::Path(_) => Ok(Self::default()),
            Meta::List(list) => read_accepted(list.tokens.clone(), Self::NAMES),
            Meta::NameValue(_) => Err(syn::Error::new_spanned(
                attribute,
                "what is said of an argument stands in parentheses: `#[arg(default = \"short\")]`",
            )),
        }
    }
}
