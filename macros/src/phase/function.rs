//! A phase around a whole function.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Block, ExprAsync, ItemFn, LitStr, Stmt, TraitItemFn};

use super::args::Args;
use super::body::{self, Context, Kind};
use super::codegen;
use super::exits::attributes;
use super::is_phase;
use super::later::{Later, block_outcome};
use super::model::{Outcome, Phase, Run};
use super::options::Returned;
use super::returned::Follows;
use super::tokens::replaced;
use crate::args::CratePath;
use crate::diagnostics::Diagnostics;
use crate::fallback::keyword;
use crate::offer::Offer;
use crate::signature::Returns;

const PLACES: &str = "a phase stands on a function or a method with a body, or inside it on a `let`, an expression, a block or a `match` arm";

const UNMARKED: &str = "a phase inside a function is read by the attribute of the function: put `#[phase]` or `#[mcp_tool]` \
                        on the function as well";

/// Reads the item the attribute stands on.
pub(crate) fn parse(item: TokenStream) -> syn::Result<ItemFn> {
    let error = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => return Ok(function),
        Err(error) => error,
    };
    if let Ok(declaration) = syn::parse2::<TraitItemFn>(item.clone()) {
        return Err(syn::Error::new(
            declaration.sig.ident.span(),
            format!(
                "`{name}` has no body that could be a phase; put `#[phase]` on the functions that implement it",
                name = declaration.sig.ident
            ),
        ));
    }
    match syn::parse2::<syn::Item>(item.clone()) {
        Ok(syn::Item::Fn(_)) => Err(error),
        Ok(_) => Err(syn::Error::new_spanned(keyword(item), PLACES)),
        Err(_) if Block::parse_within.parse2(item).is_ok() => {
            Err(syn::Error::new(Span::call_site(), UNMARKED))
        }
        Err(_) => Err(error),
    }
}

/// A function and its phase, as decided.
pub(crate) struct PhaseFunction {
    krate: CratePath,
    phase: Phase,
    function: ItemFn,
    form: Form,
}

/// What of the function is the phase.
enum Form {
    /// Its body.
    Body(Returns),
    /// The `async` block at its end, which is what it returns: as if it were an `async fn`.
    Block(Outcome, Returns),
    /// The call, and then what it returns.
    Followed(Follows),
}

impl PhaseFunction {
    /// Checks function and arguments, and rewrites the phases inside.
    pub(crate) fn new(
        args: Option<Args>,
        mut function: ItemFn,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut args = args.unwrap_or_default();
        let krate = args
            .crate_path
            .take()
            .map(|(_, path)| path)
            .unwrap_or_default();
        check(&function, diagnostics);
        let name = &function.sig.ident;
        let place = name.span();
        let default_name = LitStr::new(&name.unraw().to_string(), name.span());
        let is_async = function.sig.asyncness.is_some();
        let returns = Returns::of_function(&function.sig.output);
        let said = match is_async {
            true => None,
            false => args.returns.take().map(|(_, what)| what),
        };
        let follows = match is_async {
            true => None,
            false => Follows::of(&function.sig.output, said),
        };
        let has_ok = args.ok.first().map(|field| field.span);
        if let (
            Some(Follows {
                what: Returned::Stream,
                ..
            }),
            Some(span),
        ) = (&follows, has_ok)
        {
            diagnostics.at(
                span,
                "`ok` looks at one value, and a stream has many; remove it, or record it on a phase inside",
            );
        }
        let phase = Phase::new(args, place, Some(default_name), diagnostics);
        let form = match last_block(&mut function).filter(|_| !is_async) {
            Some(block) => {
                let returns = match follows {
                    Some(Follows {
                        what: Returned::Future,
                        value,
                        ..
                    }) => value,
                    _ => Returns::Inferred,
                };
                let outcome = block_outcome(&returns, &block.block);
                Form::Block(outcome, returns)
            }
            None => match follows {
                Some(follows) => Form::Followed(follows),
                None => Form::Body(returns.clone()),
            },
        };
        let mut context = Context {
            kind: Kind::Function,
            asynchronous: is_async,
            returns,
        };
        if let (Form::Block(_, value), Some(block)) = (&form, last_block(&mut function)) {
            let within = Context {
                kind: match value {
                    Returns::Inferred => Kind::AsyncBlock,
                    _ => Kind::Function,
                },
                asynchronous: true,
                returns: value.clone(),
            };
            let mut future =
                std::mem::replace(&mut block.block, replaced(place, TokenStream::new()));
            body::rewrite(&mut future, within, &krate, diagnostics);
            body::rewrite(&mut function.block, context, &krate, diagnostics);
            if let Some(block) = last_block(&mut function) {
                block.block = future;
            }
        } else {
            if matches!(form, Form::Followed(_)) {
                context.returns = Returns::Inferred;
            }
            body::rewrite(&mut function.block, context, &krate, diagnostics);
        }
        Some(Self {
            krate,
            phase: phase?,
            function,
            form,
        })
    }

    /// The function with its body under the phase.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        let run = |asynchronous, returns: &Returns, outcome, block: &Block| {
            let pinned = returns.pinned().map(ToTokens::into_token_stream);
            // A closure that gives nothing needs no type: what it ends with is checked where the function ends.
            let pinned = pinned.filter(|_| asynchronous || !matches!(returns, Returns::Unit));
            let run = Run {
                starter: None,
                asynchronous,
                owning: true,
                pinned,
                outcome,
                body: block.to_token_stream(),
            };
            codegen::run(&self.krate, &self.phase, &run)
        };
        let place = self.phase.place;
        match &self.form {
            Form::Body(returns) => {
                let asynchronous = self.function.sig.asyncness.is_some();
                let outcome = Outcome::of(returns);
                let body = run(asynchronous, returns, outcome, &self.function.block);
                *self.function.block = in_braces_of(&self.function.block, place, body);
            }
            Form::Block(outcome, returns) => {
                if let Some(future) = last_block(&mut self.function) {
                    let body = run(true, returns, *outcome, &future.block);
                    future.block = in_braces_of(&future.block, place, body);
                }
            }
            Form::Followed(follows) => {
                let (block, output) = (&self.function.block, &self.function.sig.output);
                let body = codegen::follow(&self.krate, &self.phase, follows, output, block);
                *self.function.block = in_braces_of(block, place, body);
            }
        }
        self.function.into_token_stream()
    }
}

/// The braces stay the user's: callers are pointed at them.
fn in_braces_of(block: &Block, place: Span, body: TokenStream) -> Block {
    Block {
        brace_token: block.brace_token,
        ..replaced(place, body)
    }
}

fn check(function: &ItemFn, diagnostics: &mut Diagnostics) {
    if let Some(constness) = &function.sig.constness {
        diagnostics.on(
            constness,
            "a phase cannot be a `const fn`; remove `const` or `#[phase]`",
        );
    }
    for attribute in &function.attrs {
        if is_phase(attribute) {
            diagnostics.on(
                attribute,
                "a function is one phase; for a phase within a phase, put `#[phase]` on a block inside",
            );
        }
        if let Some(offer) = Offer::of(attribute) {
            diagnostics.on(attribute, span_of_its_own(offer));
        }
    }
}

/// What a server offers, and a phase, on the same function.
pub(crate) fn span_of_its_own(offer: Offer) -> String {
    format!(
        "a {offer} has a span of its own already; remove `#[phase]`, and put phases on what happens inside"
    )
}

/// The `async` block that a function ends with and so returns, boxed or not. `async_trait` writes it, for one.
fn last_block(function: &mut ItemFn) -> Option<&mut ExprAsync> {
    let Stmt::Expr(last, None) = function.block.stmts.last_mut()? else {
        return None;
    };
    let has_a_phase = attributes(last).iter().any(is_phase);
    match Later::of(last).filter(|_| !has_a_phase) {
        Some(Later::Async(block)) => Some(block).filter(|block| !block.attrs.iter().any(is_phase)),
        _ => None,
    }
}
