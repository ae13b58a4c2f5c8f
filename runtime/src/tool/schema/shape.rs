//! Makes schemas plain: the same values, said in the way that clients and models know.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::publish::VARIANTS;
use super::walk::walk;

/// Shapes the schema of what is read: what may be left out has no `null`, which models write and clients refuse in
/// unions. The null is accepted all the same.
pub(crate) fn shape_input(schema: &mut Value) {
    walk(schema, &mut |schema| {
        plain_enum(schema);
        optional_without_null(schema);
    });
}

/// Shapes the schema of what is written, where `null` is a value like others.
pub(super) fn plain_enums(schema: &mut Value) {
    walk(schema, &mut plain_enum);
}

fn optional_without_null(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let required = object.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| {
        let mut names = required.as_array().into_iter().flatten();
        names.any(|required| required == name)
    };
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !is_required(name) {
            forbid_null(property);
        }
    }
}

/// Says "may be left out" without "may be null".
pub(crate) fn forbid_null(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = object.get_mut("enum") {
        options.retain(|option| !option.is_null());
    }
    if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
        branches.retain(|branch| branch != &json!({"type": "null"}));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            // What is said of the field is said last, and holds.
            for (keyword, value) in only {
                object.entry(keyword).or_insert(value);
            }
        }
    }
}

/// Turns a union of texts, each with its description, into an `enum` and one description; and `const` into `enum`.
fn plain_enum(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("const").is_some_and(Value::is_string)
        && let Some(only) = object.remove("const")
    {
        object.insert("enum".to_owned(), json!([only]));
    }
    for keyword in ["oneOf", "anyOf"] {
        let branches = object.get(keyword).and_then(Value::as_array);
        let Some(variants) = branches.and_then(|branches| Variants::of(branches)) else {
            continue;
        };
        object.remove(keyword);
        object.insert("type".to_owned(), "string".into());
        object.insert("enum".to_owned(), Value::Array(variants.names));
        if !variants.lines.is_empty() {
            object.insert(VARIANTS.to_owned(), variants.lines.join("\n").into());
        }
    }
}

/// The variants of an enum that are names and nothing else.
#[derive(Default)]
struct Variants {
    names: Vec<Value>,
    lines: Vec<String>,
}

impl Variants {
    fn of(branches: &[Value]) -> Option<Self> {
        let mut variants = Self::default();
        for branch in branches {
            let branch = branch.as_object().filter(|branch| is_text_only(branch))?;
            let names = branch.get("enum")?.as_array()?;
            let description = branch.get("description").and_then(Value::as_str);
            if let (Some(description), [Value::String(name)]) = (description, names.as_slice()) {
                variants.lines.push(format!("- `{name}`: {description}"));
            }
            variants.names.extend(names.iter().cloned());
        }
        (!variants.names.is_empty()).then_some(variants)
    }
}

fn is_text_only(schema: &JsonObject) -> bool {
    schema.get("type").is_some_and(|kind| kind == "string")
        && schema
            .keys()
            .all(|keyword| matches!(keyword.as_str(), "type" | "enum" | "description" | "title"))
}
