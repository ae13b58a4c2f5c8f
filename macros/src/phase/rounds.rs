//! Phases of a loop: a span for each round of its body.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Block, Expr, ExprAsync, ExprClosure, ExprConst, Item, Label, Lifetime, Stmt, Token,
    parse_quote_spanned,
};

use super::body::Rewriter;
use super::codegen;
use super::exits::{Exits, attributes};
use super::is_phase;
use super::model::{Outcome, Phase, Run};
use super::tokens::replaced;
use crate::signature::{hygienic, local};

impl Rewriter<'_> {
    /// The loop, with a phase around each round.
    ///
    /// The body becomes code of its own, so `continue` becomes its return, and `break` a return that says so.
    pub(super) fn rounds(&mut self, phase: &Phase, max: usize, expr: &mut Expr) -> TokenStream {
        let (label, body, gives_value) = match expr {
            Expr::ForLoop(each) => {
                self.visit(&mut each.expr);
                (each.label.take(), &mut each.body, false)
            }
            Expr::While(each) => {
                self.visit(&mut each.cond);
                (each.label.take(), &mut each.body, false)
            }
            Expr::Loop(each) => (each.label.take(), &mut each.body, true),
            other => return other.to_token_stream(),
        };
        let exits = Exits::of_round(body, label.as_ref());
        let asynchronous = self.context.asynchronous && exits.awaits;
        exits
            .leaves
            .into_iter()
            .for_each(|error| self.diagnostics.push(error));
        let returned = exits
            .question
            .and_then(|question| self.error_type(question));

        let span = hygienic(phase.place);
        let private = self.krate.private(span);
        let flow = quote_spanned!(span=> ::core::ops::ControlFlow);
        let fallible = returned
            .as_ref()
            .map(|ty| quote_spanned!(span=> <#ty as #private::Fallible>));
        let mut jumps = Jumps::of(label.as_ref(), body);
        let next = match jumps.breaks {
            true => quote_spanned!(span=> #flow::Continue(())),
            false => quote_spanned!(span=> ()),
        };
        let given = |value: TokenStream| match &fallible {
            Some(fallible) => quote_spanned!(span=> #fallible::from_value(#value)),
            None => value,
        };
        let give_next = given(next);
        let give_break = |value: &Expr| given(quote_spanned!(span=> #flow::Break(#value)));
        jumps.translate(body, span, &give_next, &give_break);
        self.visit_block_mut(body);

        let value = if gives_value {
            quote_spanned!(span=> _)
        } else {
            quote_spanned!(span=> ())
        };
        let ty = match jumps.breaks {
            true => quote_spanned!(span=> #flow<#value, ()>),
            false => quote_spanned!(span=> ()),
        };
        let ty = match &fallible {
            Some(fallible) => quote_spanned!(span=> #fallible::Of<#ty>),
            None => ty,
        };
        let counter = local("__rounds", phase.place);
        let is_plain = fallible.is_none() && !jumps.breaks;
        let run = Run {
            starter: Some(quote_spanned!(span=> #counter.start)),
            asynchronous,
            owning: false,
            pinned: Some(ty),
            outcome: if fallible.is_some() {
                Outcome::Observed
            } else {
                Outcome::Value
            },
            body: match is_plain {
                true => body.to_token_stream(),
                false => quote_spanned!(span=> {
                    #body
                    #[allow(unreachable_code, reason = "the round may always have ended before")]
                    { #give_next }
                }),
            },
        };
        let run = codegen::run(self.krate, phase, &run);
        let question = fallible.is_some().then(|| Token![?](span));
        let value = local("__value", phase.place);
        let round = match (jumps.breaks, gives_value) {
            (false, _) => quote_spanned!(span=> #run #question;),
            (true, false) => quote_spanned!(span=> if (#run #question).is_break() { break; }),
            (true, true) => {
                quote_spanned!(span=> if let #flow::Break(#value) = #run #question { break #value; })
            }
        };
        *body = replaced(phase.place, round);
        quote_spanned!(span=> {
            let mut #counter = #private::Rounds::up_to(#max);
            #expr
        })
    }
}

/// `break` and `continue` that mean the loop at hand.
struct Jumps<'a> {
    label: Option<&'a Lifetime>,
    /// Loops around the code at hand, inside the loop.
    loops: usize,
    breaks: bool,
    translation: Option<Translation<'a>>,
}

struct Translation<'a> {
    span: Span,
    give_next: &'a TokenStream,
    give_break: &'a dyn Fn(&Expr) -> TokenStream,
}

impl<'a> Jumps<'a> {
    fn of(label: Option<&'a Label>, body: &mut Block) -> Self {
        let mut jumps = Self {
            label: label.map(|label| &label.name),
            loops: 0,
            breaks: false,
            translation: None,
        };
        jumps.visit_block_mut(body);
        jumps
    }

    fn translate(
        &mut self,
        body: &mut Block,
        span: Span,
        give_next: &'a TokenStream,
        give_break: &'a dyn Fn(&Expr) -> TokenStream,
    ) {
        self.translation = Some(Translation {
            span,
            give_next,
            give_break,
        });
        self.visit_block_mut(body);
    }

    fn is_ours(&self, label: Option<&Lifetime>) -> bool {
        match label {
            Some(label) => self.label.is_some_and(|ours| ours.ident == label.ident),
            None => self.loops == 0,
        }
    }

    fn nested(&mut self, visit: impl FnOnce(&mut Self)) {
        self.loops += 1;
        visit(self);
        self.loops -= 1;
    }
}

impl VisitMut for Jumps<'_> {
    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        match statement {
            // What leaves an inner phase is reported there.
            Stmt::Local(local) if local.attrs.iter().any(is_phase) => {}
            _ => visit_mut::visit_stmt_mut(self, statement),
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        if !arm.attrs.iter().any(is_phase) {
            visit_mut::visit_arm_mut(self, arm);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if attributes(expr).iter().any(is_phase) {
            return;
        }
        match expr {
            Expr::ForLoop(each) => {
                self.visit_expr_mut(&mut each.expr);
                self.nested(|jumps| jumps.visit_block_mut(&mut each.body));
            }
            Expr::While(each) => self.nested(|jumps| {
                jumps.visit_expr_mut(&mut each.cond);
                jumps.visit_block_mut(&mut each.body);
            }),
            Expr::Loop(each) => self.nested(|jumps| jumps.visit_block_mut(&mut each.body)),
            _ => visit_mut::visit_expr_mut(self, expr),
        }
        let replacement = match expr {
            Expr::Break(jump) if self.is_ours(jump.label.as_ref()) => {
                self.breaks = true;
                self.translation.as_ref().map(|to| {
                    let place = to.span.located_at(jump.break_token.span());
                    let unit = || Box::new(parse_quote_spanned!(place=> ()));
                    let value = (to.give_break)(&jump.expr.take().unwrap_or_else(unit));
                    parse_quote_spanned!(place=> return #value)
                })
            }
            Expr::Continue(jump) if self.is_ours(jump.label.as_ref()) => {
                self.translation.as_ref().map(|to| {
                    let place = to.span.located_at(jump.continue_token.span());
                    let value = to.give_next;
                    parse_quote_spanned!(place=> return #value)
                })
            }
            _ => None,
        };
        if let Some(replacement) = replacement {
            *expr = replacement;
        }
    }

    fn visit_expr_async_mut(&mut self, _expr: &mut ExprAsync) {}

    fn visit_expr_closure_mut(&mut self, _expr: &mut ExprClosure) {}

    fn visit_expr_const_mut(&mut self, _expr: &mut ExprConst) {}

    fn visit_item_mut(&mut self, _item: &mut Item) {}
}
