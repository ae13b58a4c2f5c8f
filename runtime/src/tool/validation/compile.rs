//! From a schema to rules. Whatever could not be checked is refused: a server does not publish what it does not hold.

use std::collections::HashMap;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::format::Format;
use super::rules::{Pattern, Rule, RuleId, Rules, Type};
use crate::tool::bound::Bound;

/// Keywords that require something, and that no rule is made from.
const UNCHECKED: [&str; 10] = [
    "$dynamicRef",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalItems",
];

/// Why a schema cannot be checked, and where in it.
#[derive(Debug)]
pub(crate) struct CompileError {
    /// The way through the schema: `/properties/name/items`.
    pub(crate) pointer: String,
    pub(crate) reason: String,
}

impl Rules {
    /// Compiles a schema with everything inside it.
    pub(crate) fn compile(schema: &Value) -> Result<Self, CompileError> {
        let mut compiler = Compiler {
            root: schema,
            rules: Vec::new(),
            known: HashMap::new(),
        };
        compiler.schema("", schema)?;
        let rules = Self(compiler.rules);
        match rules.circle() {
            Some(_) => Err(CompileError {
                pointer: String::new(),
                reason: "has a schema that only refers to itself".to_owned(),
            }),
            None => Ok(rules),
        }
    }

    /// A rule that has to hold for a value because it has to hold for that value.
    fn circle(&self) -> Option<RuleId> {
        fn visit(rules: &Rules, id: RuleId, states: &mut [u8]) -> Option<RuleId> {
            match states.get_mut(id.0) {
                None | Some(2) => return None,
                Some(1) => return Some(id),
                Some(state) => *state = 1,
            }
            let rule = rules.get(id)?;
            let same = [&rule.all_of, &rule.any_of, &rule.one_of];
            let found = same
                .into_iter()
                .flatten()
                .chain(&rule.not)
                .chain(&rule.reference)
                .find_map(|id| visit(rules, *id, states));
            if let Some(state) = states.get_mut(id.0) {
                *state = 2;
            }
            found
        }
        let mut states = vec![0; self.0.len()];
        (0..self.0.len()).find_map(|index| visit(self, RuleId(index), &mut states))
    }
}

struct Compiler<'a> {
    root: &'a Value,
    rules: Vec<Rule>,
    /// By pointer.
    known: HashMap<String, RuleId>,
}

impl<'a> Compiler<'a> {
    fn schema(&mut self, pointer: &str, schema: &'a Value) -> Result<RuleId, CompileError> {
        if let Some(known) = self.known.get(pointer) {
            return Ok(*known);
        }
        let id = RuleId(self.rules.len());
        self.known.insert(pointer.to_owned(), id);
        self.rules.push(Rule::default());
        let rule = match schema {
            Value::Bool(accepts) => Rule {
                never: !accepts,
                ..Rule::default()
            },
            Value::Object(keywords) => self.rule(pointer, keywords)?,
            _ => return Err(error(pointer, "has a schema that is no object")),
        };
        if let Some(place) = self.rules.get_mut(id.0) {
            *place = rule;
        }
        Ok(id)
    }

    fn rule(&mut self, pointer: &str, keywords: &'a JsonObject) -> Result<Rule, CompileError> {
        let mut rule = Rule::default();
        for (keyword, value) in keywords {
            let inside = format!("{pointer}/{keyword}");
            let wrong = || {
                error(
                    pointer,
                    &format!("has a `{keyword}` that is not understood: {value}"),
                )
            };
            let count = || value.as_u64().ok_or_else(wrong);
            let bound = || Bound::of(value).ok_or_else(wrong);
            match keyword.as_str() {
                "type" => rule.types = Some(types(value).ok_or_else(wrong)?),
                "enum" => rule.options = Some(value.as_array().ok_or_else(wrong)?.clone()),
                "const" => rule.options = Some(vec![value.clone()]),
                "minimum" => rule.minimum = Some(bound()?),
                "maximum" => rule.maximum = Some(bound()?),
                "exclusiveMinimum" => rule.above = Some(bound()?),
                "exclusiveMaximum" => rule.below = Some(bound()?),
                "multipleOf" => rule.multiple_of = Some(value.as_f64().ok_or_else(wrong)?),
                "minLength" => rule.min_length = Some(count()?),
                "maxLength" => rule.max_length = Some(count()?),
                "pattern" => {
                    rule.pattern = Some(pattern(pointer, value.as_str().ok_or_else(wrong)?)?);
                }
                "format" => rule.format = value.as_str().and_then(Format::named),
                "minItems" => rule.min_items = Some(count()?),
                "maxItems" => rule.max_items = Some(count()?),
                "uniqueItems" => rule.unique_items = value.as_bool().ok_or_else(wrong)?,
                "prefixItems" => rule.first_items = self.list(&inside, value)?,
                "items" => rule.items = Some(self.schema(&inside, value)?),
                "minProperties" => rule.min_properties = Some(count()?),
                "maxProperties" => rule.max_properties = Some(count()?),
                "properties" => {
                    for (name, schema) in value.as_object().ok_or_else(wrong)? {
                        let inside = format!("{inside}/{}", escaped(name));
                        let id = self.schema(&inside, schema)?;
                        rule.properties.insert(name.clone(), id);
                    }
                }
                "patternProperties" => {
                    for (name, schema) in value.as_object().ok_or_else(wrong)? {
                        let inside = format!("{inside}/{}", escaped(name));
                        let pattern = pattern(pointer, name)?;
                        let id = self.schema(&inside, schema)?;
                        rule.pattern_properties.push((pattern, id));
                    }
                }
                "propertyNames" => rule.property_names = Some(self.schema(&inside, value)?),
                "additionalProperties" => rule.additional = Some(self.schema(&inside, value)?),
                "required" => {
                    let names = value.as_array().ok_or_else(wrong)?.iter();
                    let names = names.map(|name| name.as_str().map(str::to_owned));
                    rule.required = names.collect::<Option<_>>().ok_or_else(wrong)?;
                }
                "allOf" => rule.all_of = self.list(&inside, value)?,
                "anyOf" => rule.any_of = self.list(&inside, value)?,
                "oneOf" => rule.one_of = self.list(&inside, value)?,
                "not" => rule.not = Some(self.schema(&inside, value)?),
                "$ref" => {
                    let target = value.as_str().and_then(|target| target.strip_prefix('#'));
                    let target = target.ok_or_else(wrong)?;
                    let schema = self.root.pointer(target).ok_or_else(wrong)?;
                    rule.reference = Some(self.schema(target, schema)?);
                }
                unchecked if UNCHECKED.contains(&unchecked) => {
                    return Err(error(
                        pointer,
                        &format!(
                            "has a schema with `{unchecked}`, which is not checked here; describe the type without it"
                        ),
                    ));
                }
                // All else describes, and requires nothing.
                _ => {}
            }
        }
        if let Some((least, greatest)) = keywords.get("format").and_then(range) {
            let tighter = |bound: Option<Bound>, other: Bound, minimum: bool| match bound {
                Some(bound) if bound.below(other) != minimum => Some(bound),
                _ => Some(other),
            };
            rule.minimum = tighter(rule.minimum, Bound::Integer(least), true);
            rule.maximum = tighter(rule.maximum, Bound::Integer(greatest), false);
        }
        Ok(rule)
    }

    fn list(&mut self, pointer: &str, value: &'a Value) -> Result<Vec<RuleId>, CompileError> {
        let schemas = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let schemas = schemas.iter().enumerate();
        schemas
            .map(|(index, schema)| self.schema(&format!("{pointer}/{index}"), schema))
            .collect()
    }
}

fn error(pointer: &str, reason: &str) -> CompileError {
    CompileError {
        pointer: pointer.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn types(value: &Value) -> Option<Vec<Type>> {
    match value {
        Value::String(name) => Some(vec![Type::named(name)?]),
        Value::Array(names) => names
            .iter()
            .map(|name| name.as_str().and_then(Type::named))
            .collect(),
        _ => None,
    }
}

fn pattern(pointer: &str, written: &str) -> Result<Pattern, CompileError> {
    match regex_lite::Regex::new(written) {
        Ok(regex) => Ok(Pattern {
            written: written.to_owned(),
            regex,
        }),
        Err(reason) => Err(error(
            pointer,
            &format!(
                "has the pattern `{written}`, which cannot be used: {reason}; patterns are matched in linear time, \
                 without look-around, back-references and `\\p`"
            ),
        )),
    }
}

/// The numbers of a Rust type, by the name that schemars gives it.
fn range(format: &Value) -> Option<(i128, i128)> {
    Some(match format.as_str()? {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" => (0, u64::MAX.into()),
        _ => return None,
    })
}
