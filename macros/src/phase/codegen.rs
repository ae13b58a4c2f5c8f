//! A phase as tokens: one call into the runtime.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprReference, Token};

use super::model::{Outcome, Phase, Run};
use crate::args::CratePath;
use crate::signature::{hygienic, local};

/// `Phase::start(...).run(async { ... }, ...).await`, or its synchronous twin.
pub(crate) fn run(krate: &CratePath, phase: &Phase, run: &Run) -> TokenStream {
    let span = hygienic(phase.place);
    let private = krate.private(span);
    let start = start(&private, phase);
    let outcome = outcome(&private, phase, run.outcome);
    let body = &run.body;
    let capture = run.owning.then(|| Token![move](span));
    if run.asynchronous {
        let body = pinned(&private, phase, run);
        quote_spanned!(span=> #start.run(async #capture #body, #outcome).await)
    } else if let Some(ty) = &run.pinned {
        quote_spanned!(span=> #start.run_sync(#capture || -> #ty #body, #outcome))
    } else {
        quote_spanned!(span=> #start.run_sync(#capture || #body, #outcome))
    }
}

fn start(private: &TokenStream, phase: &Phase) -> TokenStream {
    let span = hygienic(phase.place);
    let name = &phase.name;
    if phase.fields.is_empty() {
        return quote_spanned!(span=> #private::Phase::start(#name, |_| {}));
    }
    let fields = local("__fields", phase.place);
    let sets = phase.fields.iter().map(|field| {
        let key = &field.key;
        let value = reference(&field.value);
        let span = hygienic(field.span);
        quote_spanned!(span=> #fields.set(#key, #value);)
    });
    quote_spanned!(span=> #private::Phase::start(#name, |#fields| { #(#sets)* }))
}

/// `&value`: what the attribute says stays usable after it.
fn reference(value: &Expr) -> TokenStream {
    ExprReference {
        attrs: Vec::new(),
        and_token: Token![&](hygienic(value.span())),
        mutability: None,
        expr: Box::new(value.clone()),
    }
    .to_token_stream()
}

fn outcome(private: &TokenStream, phase: &Phase, outcome: Outcome) -> TokenStream {
    let span = hygienic(phase.place);
    let value = local("__value", phase.place);
    match outcome {
        Outcome::Value => quote_spanned!(span=> |_| #private::Outcome::value()),
        Outcome::Observed => quote_spanned!(span=> |#value| #private::outcome!(#value)),
    }
}

/// The body, pinned to its type by a return that is never taken: an `async` block has no place to write a type.
fn pinned(private: &TokenStream, phase: &Phase, run: &Run) -> TokenStream {
    let Some(ty) = &run.pinned else {
        return run.body.clone();
    };
    let span = hygienic(phase.place);
    let pin = quote_spanned!(span=> if false { return #private::unreached::<#ty>(); });
    let mut trees = run.body.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(braces)), None) if braces.delimiter() == Delimiter::Brace => {
            let inner = braces.stream();
            let mut group = Group::new(Delimiter::Brace, quote_spanned!(span=> #pin #inner));
            group.set_span(braces.span());
            TokenTree::Group(group).into()
        }
        _ => {
            let body = &run.body;
            quote_spanned!(span=> { #pin #body })
        }
    }
}
