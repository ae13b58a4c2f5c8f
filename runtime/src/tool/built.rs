//! A tool as the server holds it: its schemas built, its constants checked.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as ToolModel};
use schemars::SchemaGenerator;
use serde_json::Value;

use super::argument::Argument;
use super::call::CallTool;
use super::definition::ToolDefinition;
use super::injection::Injection;
use super::schema::{forbid_null, generator, publish, shape_input};
use super::validation::{Rules, check};
use crate::server::BuildError;

/// A tool, ready to be called.
#[derive(Debug)]
pub(crate) struct BuiltTool {
    pub(crate) model: ToolModel,
    pub(crate) arguments: Vec<BuiltArgument>,
    /// What arguments are checked with: the input schema, compiled.
    pub(crate) rules: Rules,
    /// What a caller needs.
    pub(crate) scopes: &'static [&'static str],
    /// Whether a parameter is the request itself.
    pub(crate) borrows_context: bool,
    pub(crate) call: CallTool,
}

/// An argument with its default as JSON.
#[derive(Debug)]
pub(crate) struct BuiltArgument {
    pub(crate) definition: Argument,
    pub(crate) default: Option<Value>,
    /// The names of the fields, where they are the arguments.
    pub(crate) fields: Option<Vec<String>>,
}

impl BuiltTool {
    /// Builds the tool under `name`, which may have a prefix that the
    /// definition's does not.
    pub(crate) fn new(
        name: &str,
        definition: &ToolDefinition,
        call: CallTool,
    ) -> Result<Self, BuildError> {
        let mut input = Input::default();
        let mut generator = generator();
        let mut arguments = Vec::with_capacity(definition.arguments.len());
        for argument in definition.arguments {
            let built = input.add(argument, &mut generator);
            arguments.push(built.map_err(|reason| invalid(name, argument.name, reason))?);
        }
        let mut input = Value::Object(input.schema(definition, &mut generator));
        let rules = Rules::compile(&input).map_err(|error| {
            let argument = error
                .pointer
                .strip_prefix("/properties/")
                .unwrap_or(&error.pointer);
            let argument = argument.split('/').next().unwrap_or_default();
            invalid(name, argument, error.reason)
        })?;
        for argument in &arguments {
            let checked = check_values(argument, &rules);
            checked.map_err(|reason| invalid(name, argument.definition.name, reason))?;
        }
        publish(&mut input);
        let input = match input {
            Value::Object(input) => input,
            _ => JsonObject::new(),
        };

        let description = definition.description.map(Into::into);
        let mut model = ToolModel::new_with_raw(name.to_owned(), description, Arc::new(input));
        model.title = definition.title.map(Into::into);
        model.annotations = definition.annotations();
        model.output_schema = definition.output.and_then(|output| output());
        Ok(Self {
            model,
            arguments,
            rules,
            scopes: definition.scopes,
            borrows_context: definition.injections.iter().any(Injection::is_context),
            call,
        })
    }
}

fn invalid(tool: &str, argument: &str, reason: String) -> BuildError {
    BuildError::Argument {
        tool: tool.to_owned(),
        argument: argument.to_owned(),
        reason,
    }
}

/// The input schema in the making.
#[derive(Default)]
struct Input {
    properties: JsonObject,
    required: Vec<Value>,
    /// By the name of an argument, the parameter that it comes from.
    owners: HashMap<String, &'static str>,
}

impl Input {
    fn add(
        &mut self,
        argument: &Argument,
        generator: &mut SchemaGenerator,
    ) -> Result<BuiltArgument, String> {
        let mut schema = (argument.schema)(generator).to_value();
        shape_input(&mut schema);
        if argument.flattened {
            return self.flatten(argument, schema);
        }
        let is_optional = argument.is_optional();
        if is_optional {
            forbid_null(&mut schema);
        }
        let default = argument
            .default
            .map(|default| default())
            .transpose()
            .map_err(|error| format!("has a default that cannot be written as JSON: {error}"))?;
        let built = BuiltArgument {
            definition: *argument,
            default,
            fields: None,
        };
        let property = property(&built, schema)?;
        if built.default.is_none() && !is_optional {
            self.required.push(argument.name.into());
        }
        self.insert(argument.name, argument.name, property)?;
        Ok(built)
    }

    /// Takes the fields of a struct as arguments.
    fn flatten(&mut self, argument: &Argument, schema: Value) -> Result<BuiltArgument, String> {
        let Value::Object(mut schema) = schema else {
            return Err("is flattened, but its type has no fields".to_owned());
        };
        let Some(Value::Object(properties)) = schema.remove("properties") else {
            return Err(
                "is flattened, but its type has no fields; flatten a struct, or remove `flatten`"
                    .to_owned(),
            );
        };
        if schema
            .get("additionalProperties")
            .is_some_and(|more| more != false)
        {
            return Err(
                "is flattened, but its type takes further names; make the map an argument of its own".to_owned(),
            );
        }
        let union = ["allOf", "anyOf", "oneOf"];
        if let Some(keyword) = union
            .into_iter()
            .find(|keyword| schema.contains_key(*keyword))
        {
            return Err(format!(
                "is flattened, but its type has several forms, and clients refuse `{keyword}` at the top of a schema; \
                 remove `flatten`"
            ));
        }
        if let Some(Value::Array(required)) = schema.remove("required") {
            self.required.extend(required);
        }
        let mut fields = Vec::with_capacity(properties.len());
        for (name, property) in properties {
            self.insert(&name, argument.name, property)?;
            fields.push(name);
        }
        Ok(BuiltArgument {
            definition: *argument,
            default: None,
            fields: Some(fields),
        })
    }

    fn insert(&mut self, name: &str, owner: &'static str, property: Value) -> Result<(), String> {
        match self.owners.insert(name.to_owned(), owner) {
            None => {
                self.properties.insert(name.to_owned(), property);
                Ok(())
            }
            Some(other) if other == name && owner == name => Err("is there twice".to_owned()),
            Some(other) => Err(format!(
                "and the parameter `{other}` both give an argument `{name}`; rename one of them"
            )),
        }
    }

    fn schema(self, definition: &ToolDefinition, generator: &mut SchemaGenerator) -> JsonObject {
        let mut schema = JsonObject::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), Value::Object(self.properties));
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(self.required));
        }
        if !definition.allow_unknown_arguments {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
        let mut definitions = generator.take_definitions(true);
        definitions.values_mut().for_each(shape_input);
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
        schema
    }
}

/// The schema of one argument: its type's, with what the author added.
fn property(argument: &BuiltArgument, schema: Value) -> Result<Value, String> {
    let definition = &argument.definition;
    let mut object = match schema {
        Value::Object(object) => object,
        // `true`: anything.
        _ => JsonObject::new(),
    };
    if let Some(description) = definition.description {
        object.insert("description".to_owned(), description.into());
    }
    if let Some(reason) = definition.deprecated {
        object.insert("deprecated".to_owned(), true.into());
        if !reason.is_empty() {
            let described = object.get("description").and_then(Value::as_str);
            let described = described
                .map(|text| format!("{text}\n\n"))
                .unwrap_or_default();
            let description = format!("{described}Deprecated: {reason}");
            object.insert("description".to_owned(), description.into());
        }
    }
    let mut schema = Value::Object(object);
    for keyword in definition.keywords {
        keyword.check_fits(&schema)?;
    }
    let Value::Object(object) = &mut schema else {
        return Ok(schema);
    };
    for keyword in definition.keywords {
        object.insert(keyword.name().to_owned(), keyword.value());
    }
    if let Some(default) = &argument.default {
        object.insert("default".to_owned(), default.clone());
    }
    let examples: Result<Vec<Value>, _> = definition
        .examples
        .iter()
        .map(|example| example())
        .collect();
    let examples = examples
        .map_err(|error| format!("has an example that cannot be written as JSON: {error}"))?;
    if !examples.is_empty() {
        object.insert("examples".to_owned(), Value::Array(examples));
    }
    Ok(schema)
}

/// Checks what the author wrote as a value of the argument.
fn check_values(argument: &BuiltArgument, rules: &Rules) -> Result<(), String> {
    let definition = &argument.definition;
    let fits = |value: &Value, what: &str| {
        if let Some(rule) = rules.property(definition.name)
            && let Some(violation) = check(rules, rule, value).told.first()
        {
            return Err(match violation.path.as_str() {
                "" => format!("{}, but its {what} is {value}", violation.text),
                path => format!("does not accept its {what}: `{path}` {}", violation.text),
            });
        }
        definition
            .accepts(value)
            .map_err(|misfit| format!("does not accept its {what}: {}", misfit.reason))
    };
    // A default of `None` is what the type makes of nothing.
    let default = argument.default.as_ref();
    if let Some(default) =
        default.filter(|default| !(default.is_null() && definition.is_optional()))
    {
        fits(default, "default")?;
    }
    for example in definition
        .examples
        .iter()
        .filter_map(|example| example().ok())
    {
        fits(&example, "example")?;
    }
    Ok(())
}
