//! Ends the making of a schema: what clients do not know is left out.

use serde_json::Value;

use super::walk::walk;

/// Where the descriptions of an enum's variants wait until the description of the whole is decided.
pub(super) const VARIANTS: &str = "x-variants";

/// The formats of JSON Schema 2020-12. Clients refuse a schema with others, such as the `uint32` of a `u32`.
const STANDARD_FORMATS: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Leaves out what only the server's own check reads.
pub(crate) fn publish(schema: &mut Value) {
    walk(schema, &mut |schema| {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let standard = |format: &str| STANDARD_FORMATS.contains(&format);
        if let Some(format) = object.get("format").and_then(Value::as_str)
            && !standard(format)
        {
            object.remove("format");
        }
        let Some(Value::String(variants)) = object.remove(VARIANTS) else {
            return;
        };
        let description = object.get("description").and_then(Value::as_str);
        let description = match description {
            Some(description) => format!("{description}\n\n{variants}"),
            None => variants,
        };
        object.insert("description".to_owned(), description.into());
    });
}
