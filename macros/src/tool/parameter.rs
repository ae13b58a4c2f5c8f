//! A parameter of a tool: owned and an argument, or borrowed and injected.

use quote::ToTokens;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Ident, Lifetime, Pat, PatType, Type, TypePath, TypeReference, parse_quote};

use crate::diagnostics::readable;
use crate::offer::Offer;
use crate::signature::{find, opaque, peel};

fn error<T>(tokens: impl ToTokens, message: String) -> syn::Result<T> {
    Err(syn::Error::new_spanned(tokens, message))
}

/// A parameter of a tool.
#[derive(Debug)]
pub(crate) enum Parameter<'a> {
    /// Owned: an argument of the call.
    Argument { name: &'a Ident, ty: &'a Type },
    /// `&T`: injected by the server.
    Injection { name: &'a Ident, ty: &'a Type },
}

impl<'a> Parameter<'a> {
    pub(crate) fn of(parameter: &'a PatType, offer: Offer) -> syn::Result<Self> {
        let name = match &*parameter.pat {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                &pattern.ident
            }
            Pat::Wild(wild) => {
                return error(
                    wild,
                    format!(
                        "a parameter of a {offer} needs a name, which is the {value}'s name: write `name: Type`; if the \
                         body does not use it, write `let _ = name;` there",
                        value = offer.value()
                    ),
                );
            }
            pattern => {
                return error(
                    pattern,
                    format!(
                        "a parameter of a {offer} needs a name, which is the {value}'s name: write `name: Type`, and \
                         take it apart in the body",
                        value = offer.value()
                    ),
                );
            }
        };
        match peel(&parameter.ty) {
            Type::Reference(reference) => {
                check_injection(name, &parameter.ty, reference, offer)?;
                Ok(Self::Injection {
                    name,
                    ty: &reference.elem,
                })
            }
            ty => {
                check_argument(name, ty, offer)?;
                Ok(Self::Argument { name, ty })
            }
        }
    }
}

fn check_injection(
    name: &Ident,
    ty: &Type,
    reference: &TypeReference,
    offer: Offer,
) -> syn::Result<()> {
    let elem = peel(&reference.elem);
    if let Some(mutable) = &reference.mutability {
        return error(
            mutable,
            format!(
                "what the server injects is shared by all calls: write `{name}: &{ty}`, and put what changes behind a \
                 lock inside it",
                ty = readable(elem)
            ),
        );
    }
    match elem {
        Type::Slice(_) | Type::Reference(_) => return owned_instead(name, ty, offer),
        Type::Path(path) if is_str(path) => return owned_instead(name, ty, offer),
        Type::ImplTrait(_) | Type::TraitObject(_) => {
            let bounds = match elem {
                Type::ImplTrait(ty) => ty.bounds.to_token_stream(),
                Type::TraitObject(ty) => ty.bounds.to_token_stream(),
                other => other.to_token_stream(),
            };
            return error(
                reference,
                format!(
                    "the server finds what to inject by its type: write a concrete one, or \
                     `{name}: &std::sync::Arc<dyn {bounds}>`",
                    bounds = readable(bounds)
                ),
            );
        }
        _ => {}
    }
    match borrowed(elem) {
        Some(lifetime) => error(
            &lifetime,
            format!(
                "what the server injects outlives every call: write `{name}: &T` with a type that owns its data, without \
                 `{lifetime}`"
            ),
        ),
        None => Ok(()),
    }
}

fn check_argument(name: &Ident, ty: &Type, offer: Offer) -> syn::Result<()> {
    if let Some(opaque) = opaque(ty) {
        return error(
            opaque,
            format!(
                "{why}: write a concrete type, `{name}: Type`, instead of `impl`",
                why = match offer {
                    Offer::Tool => "an argument's type gives its schema",
                    Offer::Resource => "a variable is read as its type",
                    Offer::Prompt => "an argument is read as its type",
                }
            ),
        );
    }
    if find(ty, |ty| matches!(ty, Type::Reference(_))).is_some() {
        return owned_instead(name, ty, offer);
    }
    match borrowed(ty) {
        Some(lifetime) => error(
            lifetime,
            format!(
                "{value}s are owned: write `{name}` with a type that borrows nothing, such as `String`",
                value = offer.value()
            ),
        ),
        None => Ok(()),
    }
}

fn is_str(path: &TypePath) -> bool {
    path.path
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "str" && segment.arguments.is_none())
}

/// The first lifetime other than `'static`.
pub(crate) fn borrowed(ty: &Type) -> Option<Lifetime> {
    struct Find(Option<Lifetime>);
    impl Visit<'_> for Find {
        fn visit_lifetime(&mut self, lifetime: &Lifetime) {
            if lifetime.ident != "static" && self.0.is_none() {
                self.0 = Some(lifetime.clone());
            }
        }
        fn visit_bound_lifetimes(&mut self, _own: &syn::BoundLifetimes) {}
    }
    let mut find = Find(None);
    find.visit_type(ty);
    find.0
}

/// Checks what a tool returns: it is given away, after the call and what it borrowed have ended.
pub(crate) fn check_returned(ty: &Type, offer: Offer) -> syn::Result<()> {
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

/// "Arguments are owned", with the type to write instead.
fn owned_instead<T>(name: &Ident, ty: &Type, offer: Offer) -> syn::Result<T> {
    error(
        ty,
        format!(
            "{value}s are owned: write `{name}: {owned}`; `&T` parameters are injected by the server",
            value = offer.value(),
            owned = readable(owned(ty))
        ),
    )
}

/// The type with what it borrows as its own.
fn owned(ty: &Type) -> Type {
    struct Own;
    impl VisitMut for Own {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            while let Type::Reference(reference) = ty {
                *ty = match &*reference.elem {
                    Type::Path(path) if is_str(path) => parse_quote!(String),
                    Type::Slice(slice) => {
                        let elem = &slice.elem;
                        parse_quote!(Vec<#elem>)
                    }
                    other => other.clone(),
                };
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut owned = ty.clone();
    Own.visit_type_mut(&mut owned);
    owned
}
