//! A tool as the server holds it: its schemas built, its constants checked.

use std::collections::HashSet;
use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as ToolModel};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::argument::{Argument, Bound};
use super::arguments::check_bounds;
use super::call::{ToolCall, ToolFuture};
use super::definition::ToolDefinition;
use crate::server::BuildError;

/// A tool, ready to be called.
#[derive(Debug)]
pub(crate) struct BuiltTool {
    pub(crate) model: ToolModel,
    pub(crate) arguments: Vec<BuiltArgument>,
    /// What a caller needs.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) call: fn(&ToolCall) -> ToolFuture<'_>,
}

/// An argument with its default as JSON.
#[derive(Debug)]
pub(crate) struct BuiltArgument {
    pub(crate) definition: Argument,
    pub(crate) default: Option<Value>,
}

impl BuiltTool {
    pub(crate) fn new(
        definition: &ToolDefinition,
        call: fn(&ToolCall) -> ToolFuture<'_>,
    ) -> Result<Self, BuildError> {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let mut arguments = Vec::with_capacity(definition.arguments.len());
        let mut properties = JsonObject::new();
        let mut required = Vec::new();
        let mut names = HashSet::new();
        for argument in definition.arguments {
            let invalid = |reason: String| BuildError::Argument {
                tool: definition.name.to_owned(),
                argument: argument.name.to_owned(),
                reason,
            };
            if !names.insert(argument.name) {
                return Err(invalid("is there twice".to_owned()));
            }
            let built = BuiltArgument::new(argument).map_err(invalid)?;
            if built.default.is_none() && !(argument.is_optional)() {
                required.push(Value::from(argument.name));
            }
            let property = property(&built, &mut generator);
            check_bounds_fit(argument, &property).map_err(invalid)?;
            properties.insert(argument.name.to_owned(), property);
            arguments.push(built);
        }
        let input = input_schema(properties, required, &mut generator);

        let description = definition.description.map(Into::into);
        let mut model = ToolModel::new_with_raw(definition.name, description, Arc::new(input));
        model.title = definition.title.map(Into::into);
        model.annotations = definition.annotations();
        model.output_schema = definition.output.and_then(|output| output());
        Ok(Self {
            model,
            arguments,
            scopes: definition.scopes,
            call,
        })
    }
}

impl BuiltArgument {
    fn new(argument: &Argument) -> Result<Self, String> {
        let default = argument
            .default
            .map(|default| default())
            .transpose()
            .map_err(|error| format!("has a default that cannot be written as JSON: {error}"))?;
        let built = Self {
            definition: *argument,
            default,
        };
        if let Some(default) = &built.default {
            (argument.accepts)(default)
                .map_err(|error| format!("does not accept its default: {error}"))?;
            check_bounds(&built, default)
                .map_err(|mistake| format!("{mistake}, but its default is {default}"))?;
        }
        Ok(built)
    }
}

fn input_schema(
    properties: JsonObject,
    required: Vec<Value>,
    generator: &mut SchemaGenerator,
) -> JsonObject {
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// The schema of one argument: its type's, with what the author added.
fn property(argument: &BuiltArgument, generator: &mut SchemaGenerator) -> Value {
    let mut schema = (argument.definition.schema)(generator);
    if (argument.definition.is_optional)() {
        forbid_null(&mut schema);
    }
    let object = schema.ensure_object();
    if let Some(description) = argument.definition.description {
        object.insert("description".to_owned(), description.into());
    }
    if let Some(minimum) = argument.definition.minimum {
        object.insert("minimum".to_owned(), bound(minimum));
    }
    if let Some(maximum) = argument.definition.maximum {
        object.insert("maximum".to_owned(), bound(maximum));
    }
    if let Some(default) = &argument.default {
        object.insert("default".to_owned(), default.clone());
    }
    schema.to_value()
}

/// Refuses bounds on what is no number: nothing would enforce them.
fn check_bounds_fit(argument: &Argument, property: &Value) -> Result<(), String> {
    let bounded = argument.minimum.is_some() || argument.maximum.is_some();
    match property.get("type").and_then(Value::as_str) {
        Some(kind @ ("array" | "boolean" | "object" | "string")) if bounded => Err(format!(
            "has a minimum or maximum, but is no number: its type is {kind}"
        )),
        _ => Ok(()),
    }
}

fn bound(bound: Bound) -> Value {
    match bound {
        Bound::Integer(bound) => i64::try_from(bound).map_or_else(|_| json!(bound), Value::from),
        Bound::Float(bound) => json!(bound),
    }
}

/// Says "may be left out" without "may be null": clients of the field refuse
/// or misread unions with null in arguments. Null is still accepted.
fn forbid_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice != &json!({"type": "null"}));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}
