//! What `#[mcp_tool(...)]` and `#[arg(...)]` accept.
#![expect(
    clippy::unreachable,
    reason = "darling's derive writes it where a field was filled in just before"
)]

use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::{Attribute, Meta};

use super::scopes::Scopes;
use crate::args::{self, CratePath, Keyed, Switch, Text, Value};

/// `#[mcp_tool(...)]` as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct Args {
    pub(crate) name: Option<Text>,
    pub(crate) title: Option<Text>,
    pub(crate) description: Option<Text>,
    pub(crate) read_only: Option<Keyed<Switch>>,
    pub(crate) destructive: Option<Keyed<Switch>>,
    pub(crate) idempotent: Option<Keyed<Switch>>,
    pub(crate) open_world: Option<Keyed<Switch>>,
    pub(crate) scopes: Option<Scopes>,
    #[darling(rename = "crate")]
    pub(crate) crate_path: Option<CratePath>,
}

impl Args {
    pub(crate) fn read(tokens: TokenStream) -> syn::Result<Self> {
        args::read(tokens)
    }
}

/// `#[arg(...)]` on a parameter, as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct ArgArgs {
    pub(crate) default: Option<Keyed<Value>>,
    pub(crate) minimum: Option<Keyed<Value>>,
    pub(crate) maximum: Option<Keyed<Value>>,
    pub(crate) rename: Option<Text>,
    pub(crate) description: Option<Text>,
}

impl ArgArgs {
    pub(crate) fn read(attribute: &Attribute) -> syn::Result<Self> {
        match &attribute.meta {
            Meta::Path(_) => Ok(Self::default()),
            Meta::List(list) => args::read(list.tokens.clone()),
            Meta::NameValue(_) => Err(syn::Error::new_spanned(
                attribute,
                "what an argument accepts stands in parentheses: `#[arg(default = 5, minimum = 1)]`",
            )),
        }
    }
}
