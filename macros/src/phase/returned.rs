//! Functions without `async` that return what goes on after them: a future or a stream.

use syn::{
    GenericArgument, PathArguments, ReturnType, Token, Type, TypeParamBound, TypePath, punctuated,
};

use super::options::Returned;
use crate::signature::{Returns, peel};

/// What a phase follows after the call.
#[derive(Debug)]
pub(crate) struct Follows {
    pub(crate) what: Returned,
    /// In a `Pin<Box<dyn ...>>`, which has to stay one.
    pub(crate) boxed: bool,
    /// What comes out of it in the end, or each time.
    pub(crate) value: Returns,
}

impl Follows {
    /// Reads it from the return type, or takes the author's word, where an alias hides it.
    pub(crate) fn of(output: &ReturnType, said: Option<Returned>) -> Option<Self> {
        let ReturnType::Type(_, ty) = output else {
            return None;
        };
        let ty = peel(ty);
        let found = match ty {
            Type::ImplTrait(opaque) => in_bounds(&opaque.bounds, false),
            Type::Path(path) => in_box(path),
            _ => None,
        };
        let by_word = said.map(|what| Self {
            what,
            boxed: !matches!(ty, Type::ImplTrait(_)),
            value: Returns::Inferred,
        });
        match found {
            Some(found) if said.is_none_or(|what| what == found.what) => Some(found),
            _ => by_word,
        }
    }
}

fn in_bounds(
    bounds: &punctuated::Punctuated<TypeParamBound, Token![+]>,
    boxed: bool,
) -> Option<Follows> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let segment = bound.path.segments.last()?;
        let (what, key) = match segment.ident.to_string().as_str() {
            "Future" => (Returned::Future, "Output"),
            "Stream" => (Returned::Stream, "Item"),
            _ => return None,
        };
        let value = arguments(&segment.arguments).find_map(|argument| match argument {
            GenericArgument::AssocType(value) if value.ident == key => Some(&value.ty),
            _ => None,
        });
        Some(Follows {
            what,
            boxed,
            value: written(value),
        })
    })
}

/// `Pin<Box<dyn Future<..>>>`, or the names that the `futures` crates give it.
fn in_box(path: &TypePath) -> Option<Follows> {
    let segment = path.path.segments.last()?;
    let mut types = arguments(&segment.arguments).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(peel(ty)),
        _ => None,
    });
    let what = match segment.ident.to_string().as_str() {
        "BoxFuture" | "LocalBoxFuture" => Returned::Future,
        "BoxStream" | "LocalBoxStream" => Returned::Stream,
        "Pin" => match types.next()? {
            Type::Path(inner) => return in_box(inner).filter(|_| is_box(inner)),
            _ => return None,
        },
        "Box" => match types.next()? {
            Type::TraitObject(object) => return in_bounds(&object.bounds, true),
            _ => return None,
        },
        _ => return None,
    };
    Some(Follows {
        what,
        boxed: true,
        value: written(types.next()),
    })
}

fn is_box(path: &TypePath) -> bool {
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == "Box")
}

fn arguments(of: &PathArguments) -> impl Iterator<Item = &GenericArgument> {
    match of {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    }
    .into_iter()
    .flatten()
}

fn written(value: Option<&Type>) -> Returns {
    value.map_or(Returns::Inferred, |value| {
        Returns::Written(Box::new(value.clone()))
    })
}
