//! A parameter of a tool: owned and an argument, or borrowed and injected.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Ident, Lifetime, PatType, PathArguments, Type, TypeParamBound, TypeReference};

use super::owned::{is_unsized, owned, owner};
use super::pattern;
use super::shape::{self, Shape};
use crate::diagnostics::readable;
use crate::offer::Offer;
use crate::signature::{find, opaque, peel};

pub(super) fn error<T>(tokens: impl ToTokens, message: String) -> syn::Result<T> {
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
        let name = pattern::name(parameter, offer)?;
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
    match elem {
        Type::Reference(_) if !is_of_an_argument(&owned(elem)) => {
            return error(
                ty,
                format!(
                    "what the server injects is borrowed once: write `{name}: &{owned}`",
                    owned = readable(owned(elem))
                ),
            );
        }
        Type::Slice(_) | Type::Reference(_) => return owned_instead(name, ty, offer),
        Type::Path(path) if owner(path).is_some() => return owned_instead(name, ty, offer),
        elem if is_of_an_argument(elem) => {
            return error(
                ty,
                format!(
                    "{value}s are owned: write `{name}: {owned}`; to have it injected by the server, wrap it in a type of \
                     its own",
                    value = offer.value(),
                    owned = readable(owned(elem))
                ),
            );
        }
        _ => {}
    }
    if let Some(lifetime) = &reference.lifetime
        && lifetime.ident == "static"
    {
        return error(
            lifetime,
            format!(
                "what the server injects is borrowed for as long as the call: write `{name}: &{ty}`",
                ty = readable(elem)
            ),
        );
    }
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
    if is_unsized(ty) {
        return owned_instead(name, ty, offer);
    }
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
    if let Some(code) = find(ty, is_closure).or_else(|| function_pointer(ty)) {
        return error(
            code,
            format!(
                "{value}s are data, and this is code: write a type such as an enum of what can be chosen, or \
                 `{name}: &T` to have it injected by the server",
                value = offer.value()
            ),
        );
    }
    if is_shared(ty) {
        return error(
            ty,
            format!(
                "{value}s are owned, and this is shared: write `{name}: &{ty}` for what was given with `.inject(..)`",
                value = offer.value(),
                ty = readable(ty)
            ),
        );
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

/// Says whether a type is a trait object such as `dyn Fn(u32) -> u32`. Others may well be read from data.
fn is_closure(ty: &Type) -> bool {
    let Type::TraitObject(object) = ty else {
        return false;
    };
    object.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| matches!(last.arguments, PathArguments::Parenthesized(_))),
        _ => false,
    })
}

/// The type, if values of it are functions. Deeper inside it may be a mark only, as in `PhantomData<fn() -> T>`.
fn function_pointer(ty: &Type) -> Option<&Type> {
    let given = peel(shape::given(ty));
    matches!(given, Type::FnPtr(_)).then_some(given)
}

/// Says whether a type is a handle to what others have as well.
fn is_shared(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| matches!(last.ident.to_string().as_str(), "Arc" | "Rc"))
}

/// Says whether a type is one that arguments have, by its standard name: two of them could not be told apart among what
/// is injected.
fn is_of_an_argument(ty: &Type) -> bool {
    shape::option(ty).is_some() || Shape::of(ty) != Shape::Unknown
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
