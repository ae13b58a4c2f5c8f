//! A schema in the form that values are checked with.

use std::collections::BTreeMap;

use serde_json::Value;

use super::format::Format;
use crate::tool::bound::Bound;

/// A place in [`Rules`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct RuleId(pub(super) usize);

/// A schema with everything inside it.
#[derive(Debug, Default)]
pub(crate) struct Rules(pub(super) Vec<Rule>);

impl Rules {
    /// The rule of the whole schema.
    pub(crate) const ROOT: RuleId = RuleId(0);

    pub(super) fn get(&self, id: RuleId) -> Option<&Rule> {
        self.0.get(id.0)
    }

    /// The rule of a property of the whole.
    pub(crate) fn property(&self, name: &str) -> Option<RuleId> {
        self.get(Self::ROOT)?.properties.get(name).copied()
    }

    /// The rule that is meant, through references that say nothing else.
    pub(super) fn resolved(&self, id: RuleId) -> Option<&Rule> {
        let rule = self.get(id)?;
        match rule.reference {
            Some(id) if rule.types.is_none() => self.get(id),
            _ => Some(rule),
        }
    }
}

/// One schema, without what it only says and does not require.
#[derive(Debug, Default)]
pub(super) struct Rule {
    /// The schema `false`.
    pub(super) never: bool,
    pub(super) types: Option<Vec<Type>>,
    pub(super) options: Option<Vec<Value>>,
    pub(super) minimum: Option<Bound>,
    pub(super) maximum: Option<Bound>,
    pub(super) above: Option<Bound>,
    pub(super) below: Option<Bound>,
    pub(super) multiple_of: Option<f64>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<Pattern>,
    pub(super) format: Option<Format>,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) unique_items: bool,
    pub(super) first_items: Vec<RuleId>,
    pub(super) items: Option<RuleId>,
    pub(super) min_properties: Option<u64>,
    pub(super) max_properties: Option<u64>,
    pub(super) properties: BTreeMap<String, RuleId>,
    pub(super) pattern_properties: Vec<(Pattern, RuleId)>,
    pub(super) property_names: Option<RuleId>,
    pub(super) additional: Option<RuleId>,
    pub(super) required: Vec<String>,
    pub(super) all_of: Vec<RuleId>,
    pub(super) any_of: Vec<RuleId>,
    pub(super) one_of: Vec<RuleId>,
    pub(super) not: Option<RuleId>,
    pub(super) reference: Option<RuleId>,
}

/// A regular expression, matched in linear time.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) written: String,
    pub(super) regex: regex_lite::Regex,
}

/// A type of JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// As a message says it.
    pub(super) fn described(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }

    /// Stricter than JSON Schema in one thing, as serde is: `5.0` is no integer.
    pub(super) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => matches!(Bound::of(value), Some(Bound::Integer(_))),
            Self::Number => value.is_number(),
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}
