//! Which types a keyword speaks of.

use super::Name;
use crate::tool::shape::Shape;

impl Name {
    /// Whether values of the shape have what the keyword speaks of, as far as is known.
    pub(super) fn fits(self, shape: Shape) -> bool {
        match self {
            Self::Minimum | Self::Maximum => {
                matches!(shape, Shape::Integer { .. } | Shape::Float | Shape::Unknown)
            }
            Self::MinLength | Self::MaxLength | Self::Pattern | Self::Format => {
                matches!(shape, Shape::Text | Shape::Unknown)
            }
            Self::MinItems | Self::MaxItems | Self::UniqueItems => {
                matches!(shape, Shape::List | Shape::Unknown)
            }
        }
    }

    /// What the keyword speaks of, and what to write for other types.
    pub(super) fn speaks_of(self, shape: Shape) -> &'static str {
        match (self, shape) {
            (Self::Minimum | Self::Maximum, Shape::Text) => {
                "bounds a number (for a text write `min_length` or `max_length`)"
            }
            (Self::Minimum | Self::Maximum, Shape::List) => {
                "bounds a number (for a list write `min_items` or `max_items`)"
            }
            (Self::Minimum | Self::Maximum, _) => "bounds a number",
            (Self::MinLength | Self::MaxLength, Shape::List) => {
                "counts the characters of a text (for a list write `min_items` or `max_items`)"
            }
            (Self::MinLength | Self::MaxLength, Shape::Integer { .. } | Shape::Float) => {
                "counts the characters of a text (for a number write `minimum` or `maximum`)"
            }
            (Self::MinLength | Self::MaxLength, _) => "counts the characters of a text",
            (Self::Pattern | Self::Format, _) => "is for texts",
            (Self::MinItems | Self::MaxItems, Shape::Text) => {
                "counts the items of a list (for a text write `min_length` or `max_length`)"
            }
            (Self::MinItems | Self::MaxItems, _) => "counts the items of a list",
            (Self::UniqueItems, _) => "is for lists",
        }
    }
}
