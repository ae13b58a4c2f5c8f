//! What both macros need to know about a function: what it returns, and where generated tokens stand.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    FnArg, GenericArgument, Ident, Pat, PathArguments, ReturnType, Signature, Type, parse_quote,
};

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

    /// Says whether the value can tell of a failure, and its type is known where it is looked at.
    pub(crate) fn is_telling(&self) -> bool {
        matches!(self, Self::Written(_)) && self.pinned().is_some()
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

/// The names of the parameters that have one.
pub(crate) fn parameters(sig: &Signature) -> impl Iterator<Item = &Ident> {
    sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => match &*parameter.pat {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
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

pub(crate) fn find(ty: &Type, wanted: fn(&Type) -> bool) -> Option<&Type> {
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

/// A place in the user's code for tokens of ours, which cannot be met by the user's names.
pub(crate) fn hygienic(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// A local of ours.
pub(crate) fn local(name: &str, place: Span) -> Ident {
    Ident::new(name, hygienic(place))
}
