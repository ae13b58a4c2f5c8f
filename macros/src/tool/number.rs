//! Number literals in attributes, with their signs.

use syn::{Expr, ExprUnary, Lit, UnOp};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    /// The number, if the expression is one as it stands.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(integer) => Some(Self::Integer(integer.base10_parse().ok()?)),
                Lit::Float(float) => {
                    let value: f64 = float.base10_parse().ok()?;
                    value.is_finite().then_some(Self::Float(value))
                }
                _ => None,
            },
            Expr::Unary(ExprUnary {
                op: UnOp::Neg(_),
                expr,
                ..
            }) => Self::of(expr).map(|number| match number {
                Self::Integer(value) => Self::Integer(value.saturating_neg()),
                Self::Float(value) => Self::Float(-value),
            }),
            Expr::Group(group) => Self::of(&group.expr),
            _ => None,
        }
    }

    pub(crate) fn less(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer(one), Self::Integer(another)) => one < another,
            (one, another) => one.as_float() < another.as_float(),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "only compared, and only with what is a float already"
    )]
    fn as_float(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
        }
    }
}
