//! What `#[arg(...)]` adds to the schema of an argument: keywords, which [`reader`] checks against its type by [`fit`].

mod fit;
mod reader;

use syn::{Expr, LitStr};

pub(crate) use self::reader::Reader;
use super::number::Number;

/// A keyword as decided.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub(crate) name: Name,
    pub(crate) value: KeywordValue,
    /// Where messages about the value point.
    pub(crate) written: Expr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Minimum,
    Maximum,
    MinLength,
    MaxLength,
    Pattern,
    Format,
    MinItems,
    MaxItems,
    UniqueItems,
}

#[derive(Debug)]
pub(crate) enum KeywordValue {
    Bound(Number),
    Count(u64),
    Text(LitStr),
    Switch(bool),
}

impl Name {
    /// As users write it.
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::MinLength => "min_length",
            Self::MaxLength => "max_length",
            Self::Pattern => "pattern",
            Self::Format => "format",
            Self::MinItems => "min_items",
            Self::MaxItems => "max_items",
            Self::UniqueItems => "unique_items",
        }
    }

    /// As the runtime's enum has it.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
            Self::MinLength => "MinLength",
            Self::MaxLength => "MaxLength",
            Self::Pattern => "Pattern",
            Self::Format => "Format",
            Self::MinItems => "MinItems",
            Self::MaxItems => "MaxItems",
            Self::UniqueItems => "UniqueItems",
        }
    }
}

impl Keyword {
    /// The bound, if it is one.
    pub(crate) fn number(&self) -> Option<Number> {
        match self.value {
            KeywordValue::Bound(number) => Some(number),
            KeywordValue::Count(count) => Some(Number::Integer(count.into())),
            KeywordValue::Text(_) | KeywordValue::Switch(_) => None,
        }
    }

    /// The regular expression, if it is one.
    pub(crate) fn pattern(&self) -> Option<String> {
        match (&self.value, self.name) {
            (KeywordValue::Text(text), Name::Pattern) => Some(text.value()),
            _ => None,
        }
    }
}
