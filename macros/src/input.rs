//! The parameters of a function that is offered: owned ones come with the request, borrowed ones from the server.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Ident, ItemFn, LitStr, PatType, Type};

use crate::args::CratePath;
use crate::diagnostics::Diagnostics;
use crate::docs::is_doc;
use crate::fallback::{is_arg, is_of_a_field};
use crate::offer::Offer;
use crate::signature::hygienic;

/// What becomes of a parameter; `A` is what is known of an owned one.
#[derive(Debug)]
pub(crate) enum Input<A> {
    Argument(A),
    Injection { parameter: LitStr, ty: Box<Type> },
}

impl<A> Input<A> {
    pub(crate) fn injection(name: &Ident, ty: &Type) -> Self {
        Self::Injection {
            parameter: LitStr::new(&name.unraw().to_string(), name.span()),
            ty: Box::new(ty.clone()),
        }
    }

    /// An injection that should not be described as an argument is.
    pub(crate) fn undescribed(
        name: &Ident,
        ty: &Type,
        arg: Option<&Attribute>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        if let Some(arg) = arg {
            diagnostics.on(
                arg,
                format!(
                    "`{name}` is injected by the server and not an argument; remove `#[arg]`, or take it by value"
                ),
            );
        }
        Self::injection(name, ty)
    }
}

/// Sorts the parameters with `sort`, which takes what describes one out of the function.
pub(crate) fn sorted<A>(
    function: &mut ItemFn,
    diagnostics: &mut Diagnostics,
    sort: impl Fn(&mut PatType, &mut Diagnostics) -> Option<Input<A>>,
) -> Vec<Input<A>> {
    let inputs = function.sig.inputs.iter_mut();
    let typed = inputs.filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    });
    typed
        .filter_map(|parameter| sort(parameter, diagnostics))
        .collect()
}

/// Reports arguments that are called like one before them.
pub(crate) fn check_unique<A>(
    inputs: &[Input<A>],
    name: impl Fn(&A) -> &LitStr,
    diagnostics: &mut Diagnostics,
) {
    let mut taken = Vec::new();
    for input in inputs {
        let Input::Argument(argument) = input else {
            continue;
        };
        let name = name(argument);
        if taken.contains(&name) {
            diagnostics.on(
                name,
                format!(
                    "two arguments are called `{name}`; rename one of them",
                    name = name.value()
                ),
            );
        }
        taken.push(name);
    }
}

/// Says whether any parameter is owned.
pub(crate) fn owns<A>(inputs: &[Input<A>]) -> bool {
    let mut inputs = inputs.iter();
    inputs.any(|input| matches!(input, Input::Argument(_)))
}

/// Takes what describes a parameter out of the function.
pub(crate) fn described(
    parameter: &mut PatType,
    offer: Offer,
    diagnostics: &mut Diagnostics,
) -> Vec<Attribute> {
    let ours: Vec<Attribute> = parameter
        .attrs
        .extract_if(.., |attribute| is_arg(attribute) || is_doc(attribute))
        .collect();
    for attribute in &parameter.attrs {
        if is_of_a_field(attribute) {
            diagnostics.on(
                attribute,
                format!(
                    "this describes a field of a struct; what a {offer} takes is described with `#[arg(...)]`, as in \
                     `#[arg(default = 5, rename = \"max\")]`"
                ),
            );
        }
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            diagnostics.on(
                attribute,
                format!(
                    "the {value}s of a {offer} are the same in every build; put `#[cfg]` on the function instead",
                    value = offer.value()
                ),
            );
        }
    }
    ours
}

/// The one `#[arg(...)]` among the attributes.
pub(crate) fn arg<'a>(
    attributes: &'a [Attribute],
    diagnostics: &mut Diagnostics,
) -> Option<&'a Attribute> {
    let mut written = attributes.iter().filter(|attribute| is_arg(attribute));
    let arg = written.next();
    for another in written {
        diagnostics.on(
            another,
            "an argument has one `#[arg(...)]`; write everything into the first",
        );
    }
    arg
}

/// The borrowed parameters, as a method of the definition.
pub(crate) fn injections<A>(krate: &CratePath, span: Span, inputs: &[Input<A>]) -> TokenStream {
    let injections = inputs.iter().filter_map(|input| match input {
        Input::Injection { parameter, ty } => {
            let span = hygienic(ty.span());
            let private = krate.private(span);
            Some(quote_spanned!(span=> #private::Injection::of::<#ty>(#parameter)))
        }
        Input::Argument(_) => None,
    });
    list(span, "injections", injections)
}

/// A list as a method of the definition, unless it is empty.
pub(crate) fn list(
    span: Span,
    method: &str,
    items: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return TokenStream::new();
    }
    let method = Ident::new(method, span);
    quote_spanned!(span=> .#method(&[#(#items),*]))
}
