//! Defaults that want to know the other arguments.

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprPath, Ident, Signature};

use super::model::Input;
use super::value::DefaultValue;
use crate::diagnostics::{Diagnostics, readable};
use crate::signature::parameters;

/// Reports defaults that speak of a parameter: they are in the schema, before there is a call.
pub(super) fn check_independent(inputs: &[Input], sig: &Signature, diagnostics: &mut Diagnostics) {
    let names: Vec<&Ident> = parameters(sig).collect();
    for input in inputs {
        let Input::Argument(argument) = input else {
            continue;
        };
        let Some(DefaultValue::Value(value)) = &argument.default else {
            continue;
        };
        if let Some(other) = mentioned(value, &names) {
            let name = argument.name.value();
            diagnostics.on(
                other,
                format!(
                    "a default is a part of the schema, before `{other}` is known: write `{name}: Option<{ty}>`, and \
                     `{name}.unwrap_or(..)` in the body",
                    ty = readable(&argument.ty)
                ),
            );
        }
    }
}

/// The first of the names that stands for a value in the expression.
fn mentioned<'a>(value: &'a Expr, names: &[&Ident]) -> Option<&'a Ident> {
    struct Find<'a, 'n> {
        names: &'n [&'n Ident],
        found: Option<&'a Ident>,
    }
    impl<'a> Visit<'a> for Find<'a, '_> {
        fn visit_expr_path(&mut self, path: &'a ExprPath) {
            let name = path.path.get_ident();
            let name = name.filter(|name| self.names.contains(name));
            self.found = self.found.or(name);
        }
        fn visit_expr_call(&mut self, call: &'a ExprCall) {
            // A function may well have the name of a parameter.
            if !matches!(*call.func, Expr::Path(_)) {
                self.visit_expr(&call.func);
            }
            call.args
                .iter()
                .for_each(|argument| self.visit_expr(argument));
        }
        // What is bound inside may have any name.
        fn visit_expr_block(&mut self, _block: &'a syn::ExprBlock) {}
        fn visit_expr_closure(&mut self, _closure: &'a syn::ExprClosure) {}
        fn visit_expr_match(&mut self, _match: &'a syn::ExprMatch) {}
    }
    let mut find = Find { names, found: None };
    visit::visit_expr(&mut find, value);
    find.found
}
