//! What cannot be offered, whatever its parameters are.

use syn::{GenericParam, ItemFn, ReturnType, Safety, Signature};

use super::associated::check_free;
use super::place::Place;
use super::returned;
use crate::args::{Keyed, Switch};
use crate::diagnostics::Diagnostics;
use crate::offer::Offer;
use crate::phase::function::span_of_its_own;
use crate::phase::is_phase;
use crate::phase::options::Returned;
use crate::phase::returned::Follows;

/// Checks the function itself; parameters are looked at one by one elsewhere.
pub(crate) fn check_function(
    function: &ItemFn,
    offer: Offer,
    place: &Place,
    diagnostics: &mut Diagnostics,
) {
    if matches!(place, Place::Module) {
        check_free(function, offer, diagnostics);
    }
    let instead = place.instead();
    let sig = &function.sig;
    if let Some(constness) = &sig.constness {
        diagnostics.on(
            constness,
            format!("a {offer} cannot be a `const fn`; remove `const`"),
        );
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        diagnostics.on(
            unsafety,
            format!(
                "a {offer} is called by whoever reaches the server, so it cannot be `unsafe`; remove it, and check in \
                 the body what it relies on"
            ),
        );
    }
    if let Some(abi) = &sig.abi {
        diagnostics.on(
            abi,
            format!("a {offer} is called by Rust only; remove `extern`"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        diagnostics.on(
            variadic,
            match offer {
                Offer::Tool => {
                    "a tool names its arguments; take a list as `values: Vec<T>`".to_owned()
                }
                Offer::Resource | Offer::Prompt => {
                    format!(
                        "a {offer} names its {value}s; remove `...`",
                        value = offer.value()
                    )
                }
            },
        );
    }
    for parameter in &sig.generics.params {
        match parameter {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(ty) => diagnostics.on(
                &ty.ident,
                format!(
                    "a {offer} is called by its name, without type arguments: write a concrete type instead of `{}`{instead}",
                    ty.ident
                ),
            ),
            GenericParam::Const(constant) => diagnostics.on(
                &constant.ident,
                format!(
                    "a {offer} is called by its name, without const arguments: write a concrete value instead of `{}`{instead}",
                    constant.ident
                ),
            ),
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        let follows = Follows::of(&sig.output, None);
        if follows.is_some_and(|follows| follows.boxed && follows.what == Returned::Future) {
            diagnostics.on(
                ty,
                format!(
                    "a {offer} that waits is an `async fn`: write one; where `#[async_trait]` makes this of it, put \
                     `#[mcp_tools]` above `#[async_trait]`"
                ),
            );
        } else {
            diagnostics
                .keep(returned::check(ty, offer))
                .unwrap_or_default();
        }
    }
    for attribute in function
        .attrs
        .iter()
        .filter(|attribute| is_phase(attribute))
    {
        diagnostics.on(attribute, span_of_its_own(offer));
    }
    for attribute in &function.attrs {
        match Offer::of(attribute) {
            Some(other) if other == offer => diagnostics.on(
                attribute,
                format!(
                    "a function is one {offer}; remove the second `#[{name}]`",
                    name = offer.attribute()
                ),
            ),
            Some(other) => diagnostics.on(
                attribute,
                format!(
                    "a function is a {offer} or a {other}: remove one attribute, or write a second function that calls \
                     this one"
                ),
            ),
            None => {}
        }
    }
}

/// Whether the function runs on a thread for blocking code; an `async fn` cannot.
pub(crate) fn check_blocking(
    blocking: Option<&Keyed<Switch>>,
    sig: &Signature,
    diagnostics: &mut Diagnostics,
) -> bool {
    let Some(blocking) = blocking.filter(|blocking| blocking.value.0) else {
        return false;
    };
    if sig.asyncness.is_some() {
        diagnostics.at(
            blocking.key,
            "`blocking` is for a `fn` that holds up its thread, and an `async fn` waits without: remove `async`, or \
             `blocking`",
        );
    }
    true
}
