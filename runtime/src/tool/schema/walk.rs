//! Every schema inside a schema.

use serde_json::Value;

/// Calls `visit` with every schema inside and then the schema itself.
pub(super) fn walk(schema: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    if let Some(object) = schema.as_object_mut() {
        for (keyword, value) in object.iter_mut() {
            match (keyword.as_str(), value) {
                (
                    "additionalProperties"
                    | "contains"
                    | "else"
                    | "if"
                    | "items"
                    | "not"
                    | "propertyNames"
                    | "then"
                    | "unevaluatedItems"
                    | "unevaluatedProperties",
                    schema,
                ) => walk(schema, visit),
                (
                    "$defs" | "dependentSchemas" | "patternProperties" | "properties",
                    Value::Object(schemas),
                ) => schemas.values_mut().for_each(|schema| walk(schema, visit)),
                ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
                    schemas.iter_mut().for_each(|schema| walk(schema, visit));
                }
                _ => {}
            }
        }
    }
    visit(schema);
}
