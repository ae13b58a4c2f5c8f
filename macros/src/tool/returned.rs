//! What a tool, a resource or a prompt returns.

use syn::{Lifetime, Type};

use super::owned::owned;
use super::parameter::{borrowed, error};
use crate::diagnostics::readable;
use crate::offer::Offer;
use crate::signature::{find, opaque, peel};

/// Checks what a tool returns: it is given away, after the call and what it borrowed have ended.
pub(crate) fn check(ty: &Type, offer: Offer) -> syn::Result<()> {
    if let Type::Never(never) = peel(ty) {
        return error(
            never,
            format!(
                "a {offer} that never returns has no answer: write the type of what it answers with"
            ),
        );
    }
    if let Some(opaque) = opaque(ty) {
        return error(
            opaque,
            format!(
                "what a {offer} returns {becomes}: write a concrete type instead of `impl`",
                becomes = offer.returned()
            ),
        );
    }
    let Some(lifetime) = borrow(ty) else {
        return Ok(());
    };
    match lifetime {
        Borrow::Reference => error(
            ty,
            format!(
                "what a {offer} returns outlives the call, so it is owned: write `{owned}`",
                owned = readable(owned(ty))
            ),
        ),
        Borrow::Lifetime(lifetime) => error(
            lifetime,
            format!(
                "what a {offer} returns outlives the call, so it is owned: write a type that borrows nothing, such as \
                 `String`"
            ),
        ),
    }
}

enum Borrow {
    Reference,
    Lifetime(Lifetime),
}

/// What a type borrows, unless for ever.
fn borrow(ty: &Type) -> Option<Borrow> {
    let reference = find(ty, |ty| {
        matches!(ty, Type::Reference(reference)
            if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static"))
    });
    match reference {
        Some(_) => Some(Borrow::Reference),
        None => borrowed(ty).map(Borrow::Lifetime),
    }
}
