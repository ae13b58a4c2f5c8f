//! Numbers of arguments, compared exactly where they are whole.

use std::fmt;

use serde_json::{Value, json};

/// A bound on a number, as written in `#[arg(minimum = .., maximum = ..)]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a number is an integer or it is not"
)]
pub enum Bound {
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
}

impl Bound {
    /// The number, if the value is one.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let number = value.as_number()?;
        let integer = number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from));
        integer
            .map(Self::Integer)
            .or_else(|| number.as_f64().map(Self::Float))
    }

    /// Whether `self < other`. Exact for whole numbers; otherwise as floats.
    pub(crate) fn below(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer(this), Self::Integer(other)) => this < other,
            (this, other) => this.as_float() < other.as_float(),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a bound beyond 2^53 beside a fraction needs no more"
    )]
    fn as_float(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Integer(bound) => i64::try_from(bound).map_or_else(|_| json!(bound), Value::from),
            Self::Float(bound) => json!(bound),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(bound) => bound.fmt(formatter),
            Self::Float(bound) => bound.fmt(formatter),
        }
    }
}
