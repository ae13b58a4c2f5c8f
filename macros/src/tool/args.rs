//! What `#[mcp_tool(...)]` and `#[arg(...)]` accept.
#![expect(
    clippy::unreachable,
    reason = "darling's derive writes it where a field was filled in just before"
)]

use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::{Attribute, Meta};

use super::scopes::Scopes;
use crate::args::{CratePath, Keyed, Reason, Switch, Text, Value, accepted, read_accepted};

accepted! {
/// `#[mcp_tool(...)]` as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct Args {
    pub(crate) name: Option<Keyed<Text>>,
    pub(crate) title: Option<Keyed<Text>>,
    pub(crate) description: Option<Keyed<Text>>,
    pub(crate) read_only: Option<Keyed<Switch>>,
    pub(crate) destructive: Option<Keyed<Switch>>,
    pub(crate) idempotent: Option<Keyed<Switch>>,
    pub(crate) open_world: Option<Keyed<Switch>>,
    pub(crate) allow_unknown_arguments: Option<Keyed<Switch>>,
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
/// `#[arg(...)]` on a parameter, as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct ArgArgs {
    pub(crate) default: Option<Keyed<Value>>,
    pub(crate) example: Option<Keyed<Value>>,
    pub(crate) minimum: Option<Keyed<Value>>,
    pub(crate) maximum: Option<Keyed<Value>>,
    pub(crate) min_length: Option<Keyed<Value>>,
    pub(crate) max_length: Option<Keyed<Value>>,
    pub(crate) pattern: Option<Keyed<Text>>,
    pub(crate) format: Option<Keyed<Text>>,
    pub(crate) min_items: Option<Keyed<Value>>,
    pub(crate) max_items: Option<Keyed<Value>>,
    pub(crate) unique_items: Option<Keyed<Switch>>,
    pub(crate) rename: Option<Keyed<Text>>,
    pub(crate) description: Option<Keyed<Text>>,
    pub(crate) deprecated: Option<Keyed<Reason>>,
    pub(crate) flatten: Option<Keyed<Switch>>,
}
impl given
}

impl ArgArgs {
    pub(crate) fn read(attribute: &Attribute) -> syn::Result<Self> {
        match &attribute.meta {
            Meta::Path(_) => Ok(Self::default()),
            Meta::List(list) => read_accepted(list.tokens.clone(), Self::NAMES),
            Meta::NameValue(_) => Err(syn::Error::new_spanned(
                attribute,
                "what an argument accepts stands in parentheses: `#[arg(default = 5, minimum = 1)]`",
            )),
        }
    }
}
