//! In which form the code of a phase runs, from how it can be left.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Token, Type};

use super::args::Args;
use super::body::{Kind, Rewriter};
use super::codegen;
use super::exits::{Exits, attributes_mut};
use super::later::Later;
use super::model::{Outcome, Phase, Run};
use super::tokens::{arguments, braces, is_undecided, respanned};
use crate::signature::{Returns, hygienic};

/// Where the code of a phase stands.
#[derive(Default)]
pub(super) struct Site<'a> {
    /// The type written after `let name:`.
    pub(super) annotated: Option<&'a Type>,
    /// The code gives what the function (closure, `async` block) gives.
    pub(super) tail: bool,
}

impl Site<'_> {
    /// An expression, which may be the last one of its function.
    pub(super) const fn expression(tail: bool) -> Self {
        Self {
            annotated: None,
            tail,
        }
    }
}

impl Rewriter<'_> {
    /// Replaces an expression by the same expression under a phase.
    pub(super) fn replace(&mut self, expr: &mut Expr, attribute: &Attribute, site: &Site<'_>) {
        // In `place = value` the value is computed; the place stays, so that it may be a `let` without a value.
        if let Expr::Assign(assign) = expr {
            self.visit(&mut assign.left);
            return self.replace(&mut assign.right, attribute, &Site::default());
        }
        let place = attribute.path().span();
        let args = arguments(attribute).and_then(Args::read);
        let mut args = self.diagnostics.keep(args);
        if let Some((span, _)) = args.as_ref().and_then(|args| args.crate_path.as_ref()) {
            self.diagnostics.at(
                *span,
                "`crate` belongs to the attribute of the function, which the phases inside follow; remove it here",
            );
        }
        let is_loop = matches!(expr, Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_));
        let rounds = args.as_mut().filter(|_| is_loop);
        let rounds = rounds.and_then(|args| args.rounds.take());
        if let (Some((span, _)), Some(args)) = (rounds, &args)
            && !args.ok.is_empty()
        {
            self.diagnostics.at(
                span,
                "a round has no value for `ok`; record it on a phase inside the loop, or remove `rounds`",
            );
        }
        let phase = args.and_then(|args| Phase::new(args, place, None, self.diagnostics));
        let phase = phase.map(|phase| phase.named_by(attribute.path()));
        let attrs = attributes_mut(expr).map(std::mem::take).unwrap_or_default();
        let tokens = match (phase, rounds, Later::of(expr)) {
            (Some(phase), _, Some(later)) => {
                self.later(&phase, later);
                expr.to_token_stream()
            }
            (Some(phase), Some((_, max)), None) => self.rounds(&phase, max, expr),
            (phase, None, None) => {
                let mut exits = Exits::of(expr);
                let leaves = std::mem::take(&mut exits.leaves);
                leaves.into_iter().for_each(|it| self.diagnostics.push(it));
                match phase {
                    Some(phase) => self.under(&phase, expr, &exits, site),
                    None => return self.visit(expr),
                }
            }
            (None, _, _) => return self.visit(expr),
        };
        *expr = Expr::Verbatim(quote!(#(#attrs)* #tokens));
    }

    /// The code of a phase, in the form that fits how it can be left.
    fn under(
        &mut self,
        phase: &Phase,
        expr: &mut Expr,
        exits: &Exits,
        site: &Site<'_>,
    ) -> TokenStream {
        let asynchronous = self.context.asynchronous && exits.awaits;
        let run = |rewriter: &Self, pinned, outcome, body| {
            let run = Run {
                starter: None,
                asynchronous,
                owning: false,
                pinned,
                outcome,
                body,
            };
            codegen::run(rewriter.krate, phase, &run)
        };
        if let Expr::Try(attempt) = expr
            && Exits::of(&attempt.expr).question.is_none()
            && !(is_undecided(&attempt.expr) && self.context.returns.fallible().is_some())
        {
            self.visit(&mut attempt.expr);
            let question = Token![?](hygienic(attempt.question_token.span()));
            let run = run(
                self,
                None,
                Outcome::Observed,
                braces(&attempt.expr, phase.place),
            );
            return quote!(#run #question);
        }
        self.visit(expr);
        let body = braces(expr, phase.place);
        let Some(question) = exits.question else {
            if !site.tail {
                let annotated = site.annotated.map(ToTokens::to_token_stream);
                return run(self, annotated, Outcome::Value, body);
            }
            let returns = &self.context.returns;
            let pinned = returns.pinned().map(ToTokens::into_token_stream);
            return run(self, pinned, Outcome::of(returns), body);
        };
        if site.tail {
            let returns = &self.context.returns;
            let pinned = returns.pinned().map(ToTokens::into_token_stream);
            if pinned.is_some() || matches!(returns, Returns::Inferred) {
                return run(self, pinned, Outcome::Observed, body);
            }
        }
        let Some(returned) = self.error_type(question) else {
            return body;
        };
        let span = hygienic(returned.span());
        let private = self.krate.private(span);
        let fallible = quote_spanned!(span=> <#returned as #private::Fallible>);
        let value = site
            .annotated
            .map_or_else(|| quote!(_), ToTokens::to_token_stream);
        let turbofish = site.annotated.map(|ty| quote_spanned!(span=> ::<#ty>));
        let of = quote_spanned!(span=> #fallible::Of<#value>);
        let value = respanned(body, hygienic(phase.place));
        let body = quote_spanned!(span=> { #fallible::from_value #turbofish (#value) });
        let run = run(self, Some(of), Outcome::Observed, body);
        let question = Token![?](hygienic(question));
        quote!(#run #question)
    }

    /// The return type that a `?` inside a phase leaves towards, or a mistake that says why there is none.
    pub(super) fn error_type(&mut self, question: Span) -> Option<Type> {
        let returned = self.context.returns.fallible();
        if returned.is_none() {
            self.diagnostics.at(question, self.no_error_type());
        }
        returned
    }

    fn no_error_type(&self) -> &'static str {
        match (self.context.kind, &self.context.returns) {
            (Kind::Function, Returns::Unit) => {
                "`?` needs a function that returns a `Result` or an `Option`, and this one returns nothing"
            }
            (Kind::Function, _) => {
                "`?` inside a phase needs the function's error type, and `impl Trait` hides it: write a `Result` or an \
                 `Option` as the return type, or let the phase end with its only `?`"
            }
            (Kind::Closure, _) => {
                "`?` inside a phase needs the closure's error type: write its return type, as in \
                 `|id| -> Result<Message, Error> { ... }`, or let the phase end with its only `?`"
            }
            (Kind::AsyncBlock, _) => {
                "`?` inside a phase needs an error type, and an `async` block has no place to write one: let the phase \
                 end with its only `?`, or move the code into an `async fn`; where `#[tokio::main]` or \
                 another attribute makes the block of a function, put `#[phase]` or `#[mcp_tool]` above it"
            }
        }
    }
}
