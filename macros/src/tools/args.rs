//! What `#[mcp_tools(...)]` accepts.
#![expect(
    clippy::unreachable,
    reason = "darling's derive writes it where a field was filled in just before"
)]

use darling::FromMeta;
use proc_macro2::TokenStream;

use crate::args::{CratePath, Name, Text, read_accepted};

/// `#[mcp_tools(...)]` as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct Args {
    pub(crate) prefix: Option<Text>,
    pub(crate) set: Option<Name>,
    #[darling(rename = "crate")]
    pub(crate) crate_path: Option<CratePath>,
}

impl Args {
    pub(crate) fn read(tokens: TokenStream) -> syn::Result<Self> {
        read_accepted(tokens, &["prefix", "set", "crate"])
    }
}
