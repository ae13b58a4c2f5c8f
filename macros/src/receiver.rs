//! What a method borrows as `self`.

use syn::{FnArg, ReceiverKind, Signature, Type};

use crate::diagnostics::{Diagnostics, readable};
use crate::offer::Offer;
use crate::signature::peel;

/// What a function needs to be called, beside its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// Nothing.
    None,
    /// `&self`, which all calls share.
    Shared,
}

const SHARED: &str = "all calls share the value: write `&self`";

impl Receiver {
    /// The receiver of a method in a block whose value the server has.
    pub(crate) fn of(sig: &Signature, diagnostics: &mut Diagnostics) -> Self {
        let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
            return Self::None;
        };
        match &receiver.kind {
            ReceiverKind::Reference(_, _, Some(mutable)) => diagnostics.on(
                mutable,
                format!("{SHARED}, and put what changes behind a lock inside it"),
            ),
            ReceiverKind::Reference(_, _, None) => {}
            ReceiverKind::Typed(_, ty) if is_shared_self(ty) => {}
            ReceiverKind::Typed(_, ty) => diagnostics.on(ty, SHARED),
            _ => diagnostics.on(receiver.self_token, SHARED),
        }
        Self::Shared
    }

    /// Reports the receiver of a method whose block does not say what it is.
    pub(crate) fn refuse(sig: &Signature, offer: Offer, diagnostics: &mut Diagnostics) {
        if let Some(FnArg::Receiver(receiver)) = sig.inputs.first() {
            diagnostics.on(
                receiver.self_token,
                format!(
                    "a {offer} with `self` is a method of what the server injects: put `#[mcp_tools]` on its `impl` block"
                ),
            );
        }
    }
}

/// `&Self`, spelled out.
fn is_shared_self(ty: &Type) -> bool {
    match peel(ty) {
        Type::Reference(reference) => {
            reference.mutability.is_none() && readable(peel(&reference.elem)) == "Self"
        }
        _ => false,
    }
}
