//! What an author adds to the schema of an argument with `#[arg(...)]`.

use serde_json::{Value, json};

use super::bound::Bound;

/// A keyword of JSON Schema, as written in `#[arg(...)]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "made by the macros of this version only"
)]
pub enum Keyword {
    /// The least number.
    Minimum(Bound),
    /// The greatest number.
    Maximum(Bound),
    /// Fewest characters.
    MinLength(u64),
    /// Most characters.
    MaxLength(u64),
    /// A regular expression that some part of the text matches.
    Pattern(&'static str),
    /// A format of JSON Schema.
    Format(&'static str),
    /// Fewest items.
    MinItems(u64),
    /// Most items.
    MaxItems(u64),
    /// Whether all items differ.
    UniqueItems(bool),
}

impl Keyword {
    /// The name in a schema.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Minimum(_) => "minimum",
            Self::Maximum(_) => "maximum",
            Self::MinLength(_) => "minLength",
            Self::MaxLength(_) => "maxLength",
            Self::Pattern(_) => "pattern",
            Self::Format(_) => "format",
            Self::MinItems(_) => "minItems",
            Self::MaxItems(_) => "maxItems",
            Self::UniqueItems(_) => "uniqueItems",
        }
    }

    /// The value in a schema.
    pub(crate) fn value(self) -> Value {
        match self {
            Self::Minimum(bound) | Self::Maximum(bound) => bound.to_json(),
            Self::MinLength(count)
            | Self::MaxLength(count)
            | Self::MinItems(count)
            | Self::MaxItems(count) => json!(count),
            Self::Pattern(text) | Self::Format(text) => json!(text),
            Self::UniqueItems(unique) => json!(unique),
        }
    }

    /// Refuses a keyword that says nothing of the type: nothing would enforce it.
    pub(crate) fn check_fits(self, schema: &Value) -> Result<(), String> {
        let (kinds, what): (&[&str], _) = match self {
            Self::Minimum(_) | Self::Maximum(_) => (&["integer", "number"], "number"),
            Self::MinLength(_) | Self::MaxLength(_) | Self::Pattern(_) | Self::Format(_) => {
                (&["string"], "text")
            }
            Self::MinItems(_) | Self::MaxItems(_) | Self::UniqueItems(_) => (&["array"], "list"),
        };
        match schema.get("type").and_then(Value::as_str) {
            Some(kind) if !kinds.contains(&kind) => Err(format!(
                "has a `{name}`, but is no {what}: its type is {kind}",
                name = self.name()
            )),
            _ => Ok(()),
        }
    }
}
