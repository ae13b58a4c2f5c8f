//! What `#[mcp_tools(...)]` accepts.
#![expect(
    clippy::unreachable,
    reason = "darling's derive writes it where a field was filled in just before"
)]

use darling::FromMeta;
use proc_macro2::TokenStream;

use crate::args::{CratePath, Keyed, Name, Text, accepted, read_accepted};

accepted! {
/// `#[mcp_tools(...)]` as written.
#[derive(Debug, Default, FromMeta)]
pub(crate) struct Args {
    pub(crate) prefix: Option<Keyed<Text>>,
    pub(crate) set: Option<Keyed<Name>>,
    #[darling(rename = "crate")]
    pub(crate) crate_path: Option<Keyed<CratePath>>,
}
}

impl Args {
    pub(crate) fn read(tokens: TokenStream) -> syn::Result<Self> {
        read_accepted(tokens, Self::NAMES)
    }
}
