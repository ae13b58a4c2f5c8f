//! The parameters of a function that is offered: owned ones come with the request, borrowed ones from the server.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitStr, PatType, Type};

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
