//! The types that own what others borrow, for messages that say what to write.

use syn::visit_mut::{self, VisitMut};
use syn::{Type, TypePath, parse_quote};

use crate::diagnostics::readable;

/// The type that owns what is only ever borrowed: `String` for `str`, `PathBuf` for `Path`.
///
/// A `Path` of the user's own may stand in another module: `&graph::Path`.
pub(super) fn owner(path: &TypePath) -> Option<Type> {
    match readable(path).trim_start_matches("::") {
        "str" | "std::primitive::str" | "core::primitive::str" => Some(parse_quote!(String)),
        "Path" | "path::Path" | "std::path::Path" => Some(parse_quote!(PathBuf)),
        _ => None,
    }
}

/// Says whether values of the type have no size of their own.
pub(super) fn is_unsized(ty: &Type) -> bool {
    match ty {
        Type::Slice(_) => true,
        Type::Path(path) => owner(path).is_some(),
        _ => false,
    }
}

/// The type with what it borrows as its own.
pub(super) fn owned(ty: &Type) -> Type {
    struct Own;
    impl VisitMut for Own {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            while let Type::Reference(reference) = ty {
                *ty = (*reference.elem).clone();
            }
            match ty {
                Type::Path(path) => {
                    if let Some(owner) = owner(path) {
                        *ty = owner;
                    }
                }
                Type::Slice(slice) => {
                    let elem = &slice.elem;
                    *ty = parse_quote!(Vec<#elem>);
                }
                _ => {}
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut owned = ty.clone();
    Own.visit_type_mut(&mut owned);
    owned
}
