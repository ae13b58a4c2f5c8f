//! Phases of code that runs later: each call of a closure, and what an `async` block does when it is polled.

use quote::ToTokens;
use syn::{Block, Expr, ExprAsync, ExprCall, ExprClosure, Stmt};

use super::body::{Context, Kind, Rewriter};
use super::codegen;
use super::exits::{Exits, attributes_mut};
use super::model::{Outcome, Phase, Run};
use super::tokens::{braces, replaced, result_constructor};
use crate::signature::Returns;

/// Code that is made in one place and runs in another.
pub(super) enum Later<'a> {
    Closure(&'a mut ExprClosure),
    Async(&'a mut ExprAsync),
}

impl<'a> Later<'a> {
    /// A closure or an `async` block, also in parentheses or in `Box::pin(...)`.
    pub(super) fn of(expr: &'a mut Expr) -> Option<Self> {
        match expr {
            Expr::Closure(closure) => Some(Self::Closure(closure)),
            Expr::Async(block) => Some(Self::Async(block)),
            Expr::Paren(paren) => Self::of(&mut paren.expr),
            Expr::Call(call) if is_pin(call) => match call.args.first_mut() {
                Some(Expr::Async(block)) => Some(Self::Async(block)),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_pin(call: &ExprCall) -> bool {
    let Expr::Path(callee) = &*call.func else {
        return false;
    };
    let mut segments = callee.path.segments.iter().rev();
    let mut next_is = |name| segments.next().is_some_and(|segment| segment.ident == name);
    next_is("pin") && next_is("Box")
}

impl Rewriter<'_> {
    /// Puts the code under a phase, where it stands.
    pub(super) fn later(&mut self, phase: &Phase, code: Later<'_>) {
        match code {
            Later::Closure(closure) => self.closure(phase, closure),
            Later::Async(block) => self.async_block(phase, block),
        }
    }

    fn closure(&mut self, phase: &Phase, closure: &mut ExprClosure) {
        let context = Context {
            kind: Kind::Closure,
            asynchronous: closure.asyncness.is_some(),
            returns: Returns::of_closure(&closure.output),
        };
        self.within(context.clone(), |rewriter| {
            let is_phase = attributes_mut(&mut closure.body)
                .is_some_and(|attributes| attributes.iter().any(super::is_phase));
            if closure.asyncness.is_none()
                && !is_phase
                && let Some(Later::Async(block)) = Later::of(&mut closure.body)
            {
                return rewriter.async_block(phase, block);
            }
            let outcome = outcome(&context.returns, &closure.body);
            rewriter.closure_body(closure);
            let run = Run {
                starter: None,
                asynchronous: context.asynchronous,
                owning: false,
                pinned: context.returns.pinned().map(ToTokens::into_token_stream),
                outcome,
                body: braces(&closure.body, phase.place),
            };
            let run = codegen::run(rewriter.krate, phase, &run);
            *closure.body = Expr::Block(syn::ExprBlock {
                attrs: Vec::new(),
                label: None,
                block: replaced(phase.place, run),
            });
        });
    }

    fn async_block(&mut self, phase: &Phase, expr: &mut ExprAsync) {
        let outcome = block_outcome(&Returns::Inferred, &expr.block);
        self.visit_async_block(expr);
        let run = Run {
            starter: None,
            asynchronous: true,
            owning: expr.capture.is_some(),
            pinned: None,
            outcome,
            body: expr.block.to_token_stream(),
        };
        let run = codegen::run(self.krate, phase, &run);
        expr.block = replaced(phase.place, run);
    }
}

/// Whether the phase looks at the value of code whose type may not be written.
fn outcome(returns: &Returns, body: &Expr) -> Outcome {
    if !matches!(returns, Returns::Inferred) {
        return Outcome::of(returns);
    }
    if Exits::of(body).question.is_some() || says_its_type(body) {
        Outcome::Observed
    } else {
        Outcome::Value
    }
}

/// The same of a block.
pub(super) fn block_outcome(returns: &Returns, block: &Block) -> Outcome {
    let block = Expr::Block(syn::ExprBlock {
        attrs: Vec::new(),
        label: None,
        block: block.clone(),
    });
    outcome(returns, &block)
}

/// Says whether the type of a value is known where it is computed. A future says what it gives, a function mostly does;
/// `Ok(value)` leaves its error to what comes after it, and so may a method (`parse`, `into`).
fn says_its_type(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Call(call) => !result_constructor(&call.func),
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(last, None)) => says_its_type(last),
            _ => false,
        },
        Expr::If(choice) => {
            let then = choice.then_branch.stmts.last();
            matches!(then, Some(Stmt::Expr(last, None)) if says_its_type(last))
        }
        Expr::Match(choice) => choice
            .arms
            .first()
            .is_some_and(|arm| says_its_type(&arm.body)),
        Expr::Paren(paren) => says_its_type(&paren.expr),
        _ => false,
    }
}
