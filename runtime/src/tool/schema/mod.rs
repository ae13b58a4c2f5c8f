//! Schemas as clients of the field accept them: JSON Schema 2020-12 without its rarer forms.
//!
//! ```text
//! generator()   schemars, with definitions written in place          mod.rs
//! walk          every schema inside a schema                         walk.rs
//! shape         no `null` for what may be left out, plain enums      shape.rs
//! publish       without what only the server's own check reads       publish.rs
//! ```
//!
//! Between `shape` and `publish` the input schema is compiled into the rules that every call is checked with.

mod publish;
mod shape;
mod walk;

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

pub(crate) use publish::publish;
pub(crate) use shape::{forbid_null, shape_input};

/// Writes the schemas of what is read. `$ref` stays for recursive types only: many clients cannot follow it.
pub(crate) fn generator() -> SchemaGenerator {
    settings().into_generator()
}

/// The schema of a type as it is written.
pub(crate) fn of_output<T: JsonSchema>() -> Arc<JsonObject> {
    let schema = settings()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    if let Some(object) = schema.as_object_mut() {
        object.remove("title");
    }
    shape::plain_enums(&mut schema);
    publish(&mut schema);
    match schema {
        Value::Object(object) => Arc::new(object),
        // `true`: anything.
        _ => Arc::new(JsonObject::new()),
    }
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    })
}
