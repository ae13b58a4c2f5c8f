//! Where a tool, a resource or a prompt is written, and what that decides.

use syn::{ItemFn, LitStr};

use crate::args::{CratePath, Keyed};
use crate::diagnostics::Diagnostics;
use crate::offer::Offer;
use crate::receiver::Receiver;

/// Where a tool, a resource or a prompt is written.
#[derive(Debug)]
pub(crate) enum Place {
    /// In a module, as a free function.
    Module,
    /// In an `impl` block with `#[mcp_tools]`, which says some things for all.
    Impl {
        krate: CratePath,
        prefix: Option<LitStr>,
    },
}

impl Place {
    pub(crate) fn prefix(&self) -> Option<&LitStr> {
        match self {
            Self::Module => None,
            Self::Impl { prefix, .. } => prefix.as_ref(),
        }
    }

    /// Where type parameters could be.
    pub(crate) fn instead(&self) -> &'static str {
        match self {
            Self::Module => "; or make it a method of a generic `#[mcp_tools] impl`",
            Self::Impl { .. } => "; or move the parameter to the `impl` block",
        }
    }

    pub(crate) fn receiver(
        &self,
        function: &ItemFn,
        offer: Offer,
        diagnostics: &mut Diagnostics,
    ) -> Receiver {
        match self {
            Self::Module => {
                Receiver::refuse(&function.sig, offer, diagnostics);
                Receiver::None
            }
            Self::Impl { .. } => Receiver::of(&function.sig, diagnostics),
        }
    }
}

/// Where the runtime is found, which a block says for all that is in it.
pub(crate) fn runtime(
    written: Option<Keyed<CratePath>>,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> CratePath {
    match (place, written) {
        (Place::Module, written) => written.map(|written| written.value).unwrap_or_default(),
        (Place::Impl { krate, .. }, None) => krate.clone(),
        (Place::Impl { krate, .. }, Some(written)) => {
            diagnostics.at(
                written.key,
                "the runtime is the same for all of the block: write `crate = path` on `#[mcp_tools]`",
            );
            krate.clone()
        }
    }
}
