//! Rewrites the phases inside a function: on `let`, on expressions and on blocks.

use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Block, Expr, ExprAsync, ExprClosure, ExprConst, ExprMacro, Item, Local, Macro,
    Pat, Stmt, Token,
};

use super::exits::attributes_mut;
use super::forms::Site;
use super::is_phase;
use super::tokens::{leftmost, phase_in};
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
    }
    .statements(body, true);
}

pub(super) struct Rewriter<'a> {
    pub(super) krate: &'a CratePath,
    pub(super) diagnostics: &'a mut Diagnostics,
    pub(super) context: Context,
}

impl Rewriter<'_> {
    /// Visits code that has no phase of its own.
    pub(super) fn visit(&mut self, expr: &mut Expr) {
        self.visit_expr_mut(expr);
    }

    pub(super) fn within(&mut self, context: Context, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.context, context);
        visit(self);
        self.context = outer;
    }

    /// The statements of a block; `own` says that its last expression is what the function gives.
    fn statements(&mut self, block: &mut Block, own: bool) {
        let last = block.stmts.len().saturating_sub(1);
        for (position, statement) in block.stmts.iter_mut().enumerate() {
            self.statement(statement, position == last, own);
        }
    }

    fn statement(&mut self, statement: &mut Stmt, last: bool, own: bool) {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Item(_) => {}
            Stmt::Expr(expr, semi) => {
                let Some(attribute) = leftmost(expr).and_then(|attributes| self.take(attributes))
                else {
                    return match own && last && semi.is_none() {
                        true => self.tail(expr),
                        false => self.visit_expr_mut(expr),
                    };
                };
                let tail = own && last && semi.is_none();
                self.replace(expr, &attribute, &Site::expression(tail));
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
                self.replace(&mut expr, &attribute, &Site::expression(tail));
                *statement = Stmt::Expr(expr, semi);
            }
        }
    }

    /// An expression that gives what the function gives, and so do its branches.
    fn tail(&mut self, expr: &mut Expr) {
        if let Some(attribute) = attributes_mut(expr).and_then(|attributes| self.take(attributes)) {
            return self.replace(expr, &attribute, &Site::expression(true));
        }
        match expr {
            Expr::Block(block) if block.label.is_none() => self.statements(&mut block.block, true),
            Expr::Unsafe(block) => self.statements(&mut block.block, true),
            Expr::If(choice) => {
                self.visit_expr_mut(&mut choice.cond);
                self.statements(&mut choice.then_branch, true);
                if let Some((_, otherwise)) = &mut choice.else_branch {
                    self.tail(otherwise);
                }
            }
            Expr::Match(choice) => {
                self.visit_expr_mut(&mut choice.expr);
                choice.arms.iter_mut().for_each(|arm| self.arm(arm, true));
            }
            other => self.visit_expr_mut(other),
        }
    }

    fn arm(&mut self, arm: &mut Arm, tail: bool) {
        let attribute = self.take(&mut arm.attrs);
        self.visit_pat_mut(&mut arm.pat);
        match attribute {
            Some(attribute) => {
                self.replace(&mut arm.body, &attribute, &Site::expression(tail));
                arm.comma
                    .get_or_insert(Token![,](hygienic(attribute.span())));
            }
            None if tail => self.tail(&mut arm.body),
            None => self.visit_expr_mut(&mut arm.body),
        }
    }

    /// The body of a closure, in the closure's own context.
    pub(super) fn closure_body(&mut self, closure: &mut ExprClosure) {
        self.tail(&mut closure.body);
    }

    /// An `async` block, in its own context.
    pub(super) fn visit_async_block(&mut self, expr: &mut ExprAsync) {
        let context = Context {
            kind: Kind::AsyncBlock,
            asynchronous: true,
            returns: Returns::Inferred,
        };
        self.within(context, |rewriter| {
            rewriter.statements(&mut expr.block, true)
        });
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

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        self.arm(arm, false);
    }

    fn visit_expr_async_mut(&mut self, expr: &mut ExprAsync) {
        self.visit_attributes_mut(&mut expr.attrs);
        self.visit_async_block(expr);
    }

    fn visit_expr_closure_mut(&mut self, expr: &mut ExprClosure) {
        let context = Context {
            kind: Kind::Closure,
            asynchronous: expr.asyncness.is_some(),
            returns: Returns::of_closure(&expr.output),
        };
        self.visit_attributes_mut(&mut expr.attrs);
        self.within(context, |rewriter| rewriter.closure_body(expr));
    }

    fn visit_expr_const_mut(&mut self, _expr: &mut ExprConst) {}

    fn visit_item_mut(&mut self, _item: &mut Item) {}

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if is_phase(attribute) {
            self.diagnostics.on(
                attribute,
                "a phase stands on a function, or inside it on a `let`, an expression, a block or a `match` arm",
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
