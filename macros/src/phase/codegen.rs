//! A phase as tokens: one call into the runtime.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprLit, ExprReference, Ident, Lit, ReturnType, Token};

use super::model::{Name, Outcome, Phase, Run};
use super::options::{ChosenName, ErrorRecording, Returned};
use super::returned::Follows;
use super::tokens::mention;
use crate::args::CratePath;
use crate::signature::{Returns, hygienic, local};

/// `Phase::start(...).run(async { ... }, ...).await`, or its synchronous twin.
pub(crate) fn run(krate: &CratePath, phase: &Phase, run: &Run) -> TokenStream {
    let span = hygienic(phase.place);
    let private = krate.private(span);
    let start = start(&private, phase, run.starter.as_ref());
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

/// The body of a function, and then what it returns, as one phase.
pub(crate) fn follow(
    krate: &CratePath,
    phase: &Phase,
    follows: &Follows,
    output: &ReturnType,
    body: &Block,
) -> TokenStream {
    let span = hygienic(phase.place);
    let private = krate.private(span);
    let start = start(&private, phase, None);
    let seen = match follows.value {
        Returns::Inferred => Outcome::Observed,
        ref value => Outcome::of(value),
    };
    let outcome = outcome(&private, phase, seen);
    match (follows.boxed, follows.what) {
        (true, _) => {
            let run = Ident::new("run_boxed", hygienic(output.span()));
            quote_spanned!(span=> #start.#run(move || #output #body, #outcome))
        }
        (false, Returned::Future) => {
            quote_spanned!(span=> #start.run_future(move || #body, #outcome))
        }
        (false, Returned::Stream) => {
            quote_spanned!(span=> #start.run_stream(move || #body, #outcome))
        }
    }
}

/// The call that starts the phase, from `starter`: `Phase::start`, or the counter of a loop.
pub(crate) fn start(
    private: &TokenStream,
    phase: &Phase,
    starter: Option<&TokenStream>,
) -> TokenStream {
    let span = hygienic(phase.place);
    let name = match &phase.name {
        Name::Literal(name) => name.to_token_stream(),
        Name::Chosen(_) => quote_spanned!(span=> ""),
    };
    let starter = starter.map_or_else(
        || quote_spanned!(span=> #private::Phase::start),
        Clone::clone,
    );
    let declared = local("__fields", phase.place);
    let settings = settings(private, phase, &declared);
    // In the closure, where it is no statement of the user's block.
    let mention = phase.attribute.as_ref().map(mention);
    if settings.is_empty() {
        return quote_spanned!(span=> #starter(#name, |_| { #mention }));
    }
    quote_spanned!(span=> #starter(#name, |#declared| { #mention #(#settings)* }))
}

/// What is said of the phase before it starts, statement by statement.
fn settings(private: &TokenStream, phase: &Phase, declared: &Ident) -> Vec<TokenStream> {
    let span = hygienic(phase.place);
    let name = match &phase.name {
        Name::Literal(_) => None,
        Name::Chosen(ChosenName::Fixed(name)) => {
            let name = reference(name);
            Some(quote_spanned!(span=> #declared.name(#name);))
        }
        Name::Chosen(ChosenName::Dynamic(name)) => {
            let name = reference(name);
            Some(quote_spanned!(span=> #declared.dynamic_name(#name);))
        }
    };
    let kind = phase.kind.as_ref().map(|kind| {
        let span = hygienic(kind.span());
        quote_spanned!(span=> #declared.kind(#private::SpanKind::#kind);)
    });
    let links = phase.links.iter().map(|link| {
        let link = reference(link);
        quote_spanned!(span=> #declared.link(#link);)
    });
    let count = Literal::usize_unsuffixed(phase.fields.len());
    let has_fields = !phase.fields.is_empty();
    let room = has_fields.then(|| quote_spanned!(span=> #declared.reserve(#count);));
    let fields = phase.fields.iter().map(|field| {
        let key = &field.key;
        let span = hygienic(field.span);
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &field.value
        {
            return quote_spanned!(span=> #declared.set_literal(#key, #text););
        }
        let value = reference(&field.value);
        quote_spanned!(span=> #declared.set(#key, #value);)
    });
    name.into_iter()
        .chain(kind)
        .chain(links)
        .chain(room)
        .chain(fields)
        .collect()
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

/// The closure that looks at how the phase ended.
pub(crate) fn outcome(private: &TokenStream, phase: &Phase, seen: Outcome) -> TokenStream {
    let span = hygienic(phase.place);
    let value = local("__value", phase.place);
    let recording = phase.recording(seen);
    if recording == ErrorRecording::None && phase.ok.is_empty() {
        return quote_spanned!(span=> |_| #private::Outcome::value());
    }
    let outcome = match recording {
        ErrorRecording::None => quote_spanned!(span=> #private::Outcome::value()),
        ErrorRecording::Type => quote_spanned!(span=> #private::outcome!(#value)),
        ErrorRecording::Text => {
            let place = phase.err.map_or(span, |(word, _)| hygienic(word));
            let text = quote_spanned!(place=> #private::error_text(#value));
            quote_spanned!(span=> #private::outcome!(#value).with_text(#text))
        }
    };
    let taken = phase.ok.iter().map(|field| {
        let (key, look) = (&field.key, &field.value);
        let span = hygienic(field.span);
        quote_spanned!(span=> .with_value(#key, #private::ok_value!(#value), #look))
    });
    quote_spanned!(span=> |#value| #outcome #(#taken)*)
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
