//! The value of `default` and `example`, as it is written.

use proc_macro2::Span;
use syn::{Expr, ExprLit, Lit, LitStr};

use crate::args::{Keyed, Value};
use crate::diagnostics::Diagnostics;

/// What stands in for an argument that is left out, or shows what is meant.
#[derive(Debug)]
pub(crate) enum DefaultValue {
    /// `Default::default()`
    OfType(Span),
    /// A string literal, converted into the type.
    Text(LitStr),
    /// Of the argument's own type.
    Value(Box<Expr>),
}

impl DefaultValue {
    pub(crate) fn new(value: Keyed<Value>) -> Self {
        match value.value.0 {
            None => Self::OfType(value.key),
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            })) => Self::Text(text),
            Some(value) => Self::Value(Box::new(value)),
        }
    }

    /// The literal, if it is one.
    pub(crate) fn literal(&self) -> Option<Lit> {
        match self {
            Self::Text(text) => Some(Lit::Str(text.clone())),
            Self::Value(value) => match &**value {
                Expr::Lit(literal) => Some(literal.lit.clone()),
                _ => None,
            },
            Self::OfType(_) => None,
        }
    }

    pub(crate) fn example(value: Keyed<Value>, diagnostics: &mut Diagnostics) -> Option<Self> {
        if value.value.0.is_none() {
            diagnostics.at(
                value.key,
                "an example is a value that shows what is meant: write `example = ...`",
            );
            return None;
        }
        Some(Self::new(value))
    }
}
