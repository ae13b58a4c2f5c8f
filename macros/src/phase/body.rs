//! Rewrites the phases inside a function: on `let`, on expressions and on blocks.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprAsync, ExprClosure, ExprConst, ExprMacro, Item, Local, Macro, Pat,
    Path, Stmt, Token, Type,
};

use super::args::Args;
use super::exits::{Exits, attributes_mut};
use super::model::{Outcome, Phase, Run};
use super::tokens::{arguments, braces, is_undecided, leftmost, mention, phase_in, respanned};
use super::{codegen, is_phase};
use crate::args::CratePath;
use crate::diagnostics::Diagnostics;
use crate::signature::{Returns, hygienic};

/// What `?` and `.await` refer to at some place in a function.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) kind: Kind,
    pub(crate) asynchronous: bool,
    pub(crate) returns: Returns,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Function,
    Closure,
    AsyncBlock,
}

/// Rewrites the phases of a body.
pub(crate) fn rewrite(
    body: &mut Block,
    context: Context,
    krate: &CratePath,
    diagnostics: &mut Diagnostics,
) {
    Rewriter {
        krate,
        diagnostics,
        context,
        names: Vec::new(),
    }
    .statements(body, true);
}

struct Rewriter<'a> {
    krate: &'a CratePath,
    diagnostics: &'a mut Diagnostics,
    context: Context,
    /// What `#[phase]` was called in the block at hand.
    names: Vec<Path>,
}

/// Where the code of a phase stands.
#[derive(Default)]
struct Site<'a> {
    /// The type written after `let name:`.
    annotated: Option<&'a Type>,
    /// The code gives what the function (closure, `async` block) gives.
    tail: bool,
}

impl Rewriter<'_> {
    fn within(&mut self, context: Context, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.context, context);
        visit(self);
        self.context = outer;
    }

    /// The statements of a block; `own` says that its last expression is what the function gives.
    fn statements(&mut self, block: &mut Block, own: bool) {
        let outer = std::mem::take(&mut self.names);
        let last = block.stmts.len().saturating_sub(1);
        for (position, statement) in block.stmts.iter_mut().enumerate() {
            self.statement(statement, position == last, own);
        }
        let names = std::mem::replace(&mut self.names, outer);
        block.stmts.splice(0..0, names.iter().map(mention));
    }

    fn statement(&mut self, statement: &mut Stmt, last: bool, own: bool) {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Item(_) => {}
            Stmt::Expr(expr, semi) => {
                let Some(attribute) = leftmost(expr).and_then(|attributes| self.take(attributes))
                else {
                    return self.visit_expr_mut(expr);
                };
                let tail = own && last && semi.is_none();
                self.replace(
                    expr,
                    &attribute,
                    &Site {
                        annotated: None,
                        tail,
                    },
                );
                if semi.is_none() && !last {
                    *semi = Some(Token![;](hygienic(attribute.span())));
                }
            }
            Stmt::Macro(call) => {
                let Some(attribute) = self.take(&mut call.attrs) else {
                    return self.visit_macro_mut(&mut call.mac);
                };
                let tail = own && last && call.semi_token.is_none();
                let attrs = std::mem::take(&mut call.attrs);
                let mut expr = Expr::Macro(ExprMacro {
                    attrs,
                    mac: call.mac.clone(),
                });
                let semi = call
                    .semi_token
                    .or_else(|| (!last).then(|| Token![;](hygienic(attribute.span()))));
                self.replace(
                    &mut expr,
                    &attribute,
                    &Site {
                        annotated: None,
                        tail,
                    },
                );
                *statement = Stmt::Expr(expr, semi);
            }
        }
    }

    fn local(&mut self, local: &mut Local) {
        let Some(attribute) = self.take(&mut local.attrs) else {
            return visit_mut::visit_local_mut(self, local);
        };
        let annotated = match &local.pat {
            Pat::Type(pattern) => Some((*pattern.ty).clone()),
            _ => None,
        };
        let Some(init) = &mut local.init else {
            self.diagnostics.at(
                attribute.path().span(),
                "this `let` computes nothing; move the phase to the statement that gives it its value",
            );
            return;
        };
        self.replace(
            &mut init.expr,
            &attribute,
            &Site {
                annotated: annotated.as_ref(),
                tail: false,
            },
        );
        if let Some((_, otherwise)) = &mut init.diverge {
            self.visit_expr_mut(otherwise);
        }
    }

    /// Takes the phase out of the attributes of a statement.
    fn take(&mut self, attributes: &mut Vec<Attribute>) -> Option<Attribute> {
        let mut phases = attributes.extract_if(.., |attribute| is_phase(attribute));
        let phase = phases.next();
        for another in phases {
            self.diagnostics.on(
                another,
                "a statement is one phase; for a phase within a phase, put the inner one on a block inside",
            );
        }
        phase
    }

    /// Replaces an expression by the same expression under a phase.
    fn replace(&mut self, expr: &mut Expr, attribute: &Attribute, site: &Site<'_>) {
        // In `place = value` the value is computed; the place stays, so that it may be a `let` without a value.
        if let Expr::Assign(assign) = expr {
            self.visit_expr_mut(&mut assign.left);
            return self.replace(&mut assign.right, attribute, &Site::default());
        }
        if !self.names.contains(attribute.path()) {
            self.names.push(attribute.path().clone());
        }
        let place = attribute.path().span();
        let args = arguments(attribute).and_then(Args::read);
        let args = self.diagnostics.keep(args);
        if let Some((span, _)) = args.as_ref().and_then(|args| args.crate_path.as_ref()) {
            self.diagnostics.at(
                *span,
                "`crate` belongs to the attribute of the function, which the phases inside follow; remove it here",
            );
        }
        let phase = args.and_then(|args| Phase::new(args, place, None, self.diagnostics));
        let attrs = attributes_mut(expr).map(std::mem::take).unwrap_or_default();
        let mut exits = Exits::of(expr);
        exits
            .leaves
            .drain(..)
            .for_each(|error| self.diagnostics.push(error));
        match phase {
            Some(phase) => {
                let tokens = self.under(&phase, expr, &exits, site);
                *expr = Expr::Verbatim(quote!(#(#attrs)* #tokens));
            }
            None => self.visit_expr_mut(expr),
        }
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
            codegen::run(
                rewriter.krate,
                phase,
                &Run {
                    asynchronous,
                    owning: false,
                    pinned,
                    outcome,
                    body,
                },
            )
        };
        if let Expr::Try(attempt) = expr
            && Exits::of(&attempt.expr).question.is_none()
            && !(is_undecided(&attempt.expr) && self.context.returns.fallible().is_some())
        {
            self.visit_expr_mut(&mut attempt.expr);
            let question = Token![?](hygienic(attempt.question_token.span()));
            let run = run(
                self,
                None,
                Outcome::Observed,
                braces(&attempt.expr, phase.place),
            );
            return quote!(#run #question);
        }
        self.visit_expr_mut(expr);
        let body = braces(expr, phase.place);
        let Some(question) = exits.question else {
            if !site.tail {
                return run(
                    self,
                    site.annotated.map(ToTokens::to_token_stream),
                    Outcome::Value,
                    body,
                );
            }
            let returns = &self.context.returns;
            return run(
                self,
                returns.pinned().map(ToTokens::into_token_stream),
                Outcome::of(returns),
                body,
            );
        };
        if site.tail {
            let pinned = self
                .context
                .returns
                .pinned()
                .map(ToTokens::into_token_stream);
            if pinned.is_some() || matches!(self.context.returns, Returns::Inferred) {
                return run(self, pinned, Outcome::Observed, body);
            }
        }
        let Some(returned) = self.context.returns.fallible() else {
            self.diagnostics.at(question, self.no_error_type());
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
                 end with its only `?`, or move the code into an `async fn`"
            }
        }
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.statements(block, false);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match attributes_mut(expr).and_then(|attributes| self.take(attributes)) {
            Some(attribute) => self.replace(expr, &attribute, &Site::default()),
            None => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_expr_async_mut(&mut self, expr: &mut ExprAsync) {
        let context = Context {
            kind: Kind::AsyncBlock,
            asynchronous: true,
            returns: Returns::Inferred,
        };
        self.visit_attributes_mut(&mut expr.attrs);
        self.within(context, |rewriter| {
            rewriter.statements(&mut expr.block, true)
        });
    }

    fn visit_expr_closure_mut(&mut self, expr: &mut ExprClosure) {
        let context = Context {
            kind: Kind::Closure,
            asynchronous: expr.asyncness.is_some(),
            returns: Returns::of_closure(&expr.output),
        };
        self.visit_attributes_mut(&mut expr.attrs);
        self.within(context, |rewriter| {
            if let Some(attribute) =
                attributes_mut(&mut expr.body).and_then(|attributes| rewriter.take(attributes))
            {
                return rewriter.replace(
                    &mut expr.body,
                    &attribute,
                    &Site {
                        annotated: None,
                        tail: true,
                    },
                );
            }
            match &mut *expr.body {
                Expr::Block(body) if body.label.is_none() => {
                    rewriter.statements(&mut body.block, true)
                }
                body => rewriter.visit_expr_mut(body),
            }
        });
    }

    fn visit_expr_const_mut(&mut self, _expr: &mut ExprConst) {}

    fn visit_item_mut(&mut self, _item: &mut Item) {}

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if is_phase(attribute) {
            self.diagnostics.on(
                attribute,
                "a phase stands on a function, or inside it on a `let`, an expression or a block",
            );
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        if let Some(span) = phase_in(mac.tokens.clone()) {
            self.diagnostics.at(
                span,
                "a phase cannot stand inside a macro call, whose tokens belong to the macro; move the code out of it, for \
                 example into an `async` block bound with `let`",
            );
        }
    }
}
