//! What both macros need to know about a function: what it returns, and what its parameters are.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, Ident, Lifetime, Pat, PatType, PathArguments, ReturnType, Type, TypePath,
    TypeReference, parse_quote,
};

use crate::diagnostics::readable;

/// What a function, a closure or an `async` block gives back.
#[derive(Debug, Clone)]
pub(crate) enum Returns {
    /// A function without `->`.
    Unit,
    /// As written after `->`.
    Written(Box<Type>),
    /// A closure without `->`, or an `async` block: only the compiler knows.
    Inferred,
}

impl Returns {
    pub(crate) fn of_function(output: &ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Unit,
            ReturnType::Type(_, ty) => Self::Written(ty.clone()),
        }
    }

    pub(crate) fn of_closure(output: &ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Inferred,
            ReturnType::Type(_, ty) => Self::Written(ty.clone()),
        }
    }

    /// The type to pin a body to, as far as it can be written inside a body.
    pub(crate) fn pinned(&self) -> Option<Type> {
        match self {
            Self::Unit => Some(parse_quote!(())),
            Self::Inferred => None,
            Self::Written(ty) => match peel(ty) {
                Type::ImplTrait(_) | Type::Never(_) | Type::Infer(_) => None,
                written => Some(with_opaque(written, &parse_quote!(_))),
            },
        }
    }

    /// The type to look for an error in: none if there cannot be one.
    pub(crate) fn observed(&self) -> Option<Type> {
        match self {
            Self::Written(_) => self.pinned(),
            Self::Unit | Self::Inferred => None,
        }
    }

    /// The type to take the error type from. Its own value does not matter, so what cannot be written there is `()`.
    pub(crate) fn fallible(&self) -> Option<Type> {
        let Self::Written(ty) = self else { return None };
        let ty = peel(ty);
        if matches!(ty, Type::ImplTrait(_) | Type::Never(_) | Type::Infer(_)) {
            return None;
        }
        let mut ty = ty.clone();
        if let Some(value) = first_argument(&mut ty)
            && (mentions_opaque(value) || mentions_infer(value))
        {
            *value = parse_quote!(());
        }
        Some(ty)
    }
}

/// The type inside parentheses and invisible groups.
pub(crate) fn peel(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            other => return other,
        };
    }
}

fn first_argument(ty: &mut Type) -> Option<&mut Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &mut path.path.segments.last_mut()?.arguments
    else {
        return None;
    };
    arguments
        .args
        .iter_mut()
        .find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// Replaces `impl Trait` inside a type, which a body cannot name.
fn with_opaque(ty: &Type, replacement: &Type) -> Type {
    struct Replace<'a>(&'a Type);
    impl VisitMut for Replace<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = self.0.clone();
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let mut ty = ty.clone();
    Replace(replacement).visit_type_mut(&mut ty);
    ty
}

/// The first `impl Trait` in a type.
pub(crate) fn opaque(ty: &Type) -> Option<&Type> {
    find(ty, |ty| matches!(ty, Type::ImplTrait(_)))
}

fn mentions_opaque(ty: &Type) -> bool {
    opaque(ty).is_some()
}

fn mentions_infer(ty: &Type) -> bool {
    find(ty, |ty| matches!(ty, Type::Infer(_))).is_some()
}

fn find(ty: &Type, wanted: fn(&Type) -> bool) -> Option<&Type> {
    struct Find<'a> {
        wanted: fn(&Type) -> bool,
        found: Option<&'a Type>,
    }
    impl<'a> Visit<'a> for Find<'a> {
        fn visit_type(&mut self, ty: &'a Type) {
            if self.found.is_none() && (self.wanted)(ty) {
                self.found = Some(ty);
            }
            visit::visit_type(self, ty);
        }
    }
    let mut find = Find {
        wanted,
        found: None,
    };
    find.visit_type(ty);
    find.found
}

/// The same type with every named lifetime elided: outside of the function they have no name.
pub(crate) fn without_lifetimes(ty: &Type) -> Type {
    struct Elide;
    impl VisitMut for Elide {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                lifetime.ident = Ident::new("_", lifetime.ident.span());
            }
        }
    }
    let mut ty = ty.clone();
    Elide.visit_type_mut(&mut ty);
    ty
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
    pub(crate) fn of(parameter: &'a PatType) -> syn::Result<Self> {
        let name = match &*parameter.pat {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                &pattern.ident
            }
            pattern => {
                return Err(syn::Error::new_spanned(
                    pattern,
                    "a parameter of a tool needs a name, which is the argument's name: write `name: Type`, and take \
                     it apart in the body",
                ));
            }
        };
        match peel(&parameter.ty) {
            Type::Reference(reference) => {
                check_injection(name, reference)?;
                Ok(Self::Injection {
                    name,
                    ty: &reference.elem,
                })
            }
            ty => {
                check_argument(name, ty)?;
                Ok(Self::Argument { name, ty })
            }
        }
    }
}

fn check_injection(name: &Ident, reference: &TypeReference) -> syn::Result<()> {
    let elem = peel(&reference.elem);
    let error = |tokens: &dyn ToTokens, message: String| {
        Err(syn::Error::new_spanned(Tokens(tokens), message))
    };
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
        Type::Slice(_) | Type::Reference(_) => return owned_instead(name, reference),
        Type::Path(path) if is_str(path) => return owned_instead(name, reference),
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
                "what the server injects outlives every call, so it borrows nothing: write `{name}: &{ty}` with a \
                 type that owns its data",
                ty = readable(elem)
            ),
        ),
        None => Ok(()),
    }
}

fn check_argument(name: &Ident, ty: &Type) -> syn::Result<()> {
    if let Some(opaque) = opaque(ty) {
        return Err(syn::Error::new_spanned(
            opaque,
            format!(
                "an argument's type gives its schema: write a concrete type, `{name}: Type`, instead of `impl`"
            ),
        ));
    }
    if find(ty, is_borrow).is_some() {
        return owned_instead(name, ty);
    }
    match borrowed(ty) {
        Some(lifetime) => Err(syn::Error::new_spanned(
            lifetime,
            format!(
                "arguments are owned: write `{name}` with a type that borrows nothing, such as `String`"
            ),
        )),
        None => Ok(()),
    }
}

fn is_borrow(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference)
        if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static"))
}

fn is_str(path: &TypePath) -> bool {
    path.path
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "str" && segment.arguments.is_none())
}

/// The first lifetime other than `'static`.
fn borrowed(ty: &Type) -> Option<Lifetime> {
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
fn owned_instead<T>(name: &Ident, ty: &(impl ToTokens + ?Sized)) -> syn::Result<T> {
    struct Own;
    impl VisitMut for Own {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::Reference(reference) = ty {
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
    let mut owned: Type = syn::parse2(ty.to_token_stream())?;
    Own.visit_type_mut(&mut owned);
    Err(syn::Error::new_spanned(
        ty,
        format!(
            "arguments are owned: write `{name}: {owned}`; `&T` parameters are injected by the server",
            owned = readable(owned)
        ),
    ))
}

struct Tokens<'a>(&'a dyn ToTokens);

impl ToTokens for Tokens<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

/// A place in the user's code for tokens of ours, which cannot be met by the user's names.
pub(crate) fn hygienic(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// A local of ours.
pub(crate) fn local(name: &str, place: Span) -> Ident {
    Ident::new(name, hygienic(place))
}

/// The output of `Pin<Box<dyn Future<Output = T> + ...>>`, which is what `async_trait` writes.
pub(crate) fn boxed_future_output(ty: &Type) -> Option<&Type> {
    fn generic<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
        let Type::Path(path) = peel(ty) else {
            return None;
        };
        let segment = path
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == name)?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    }
    let Type::TraitObject(object) = peel(generic(generic(ty, "Pin")?, "Box")?) else {
        return None;
    };
    object.bounds.iter().find_map(|bound| {
        let syn::TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let segment = bound
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })
    })
}
