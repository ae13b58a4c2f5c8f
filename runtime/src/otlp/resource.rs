//! Who produced spans: a resource, and an instrumentation scope of it.

use opentelemetry_semantic_conventions::attribute::SERVICE_NAME;
use serde::Deserialize;

use super::any_value::{AnyValue, Attribute};
use super::bounded::Bounded;
use super::lenient;
use super::object::from_objects;

/// The entity that produced spans (OTLP, `Resource`).
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Resource {
    #[serde(default)]
    pub(crate) attributes: Bounded<Attribute>,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) dropped_attributes_count: u32,
}

impl Resource {
    /// `service.name`, if it is text and not empty (SEP-2448 S07).
    #[must_use]
    pub fn service_name(&self) -> Option<&str> {
        self.attributes()
            .iter()
            .find(|attribute| attribute.key == SERVICE_NAME)
            .and_then(|attribute| match &attribute.value {
                AnyValue::String(name) if !name.is_empty() => Some(name.as_str()),
                _ => None,
            })
    }

    /// The attributes, in the order sent.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes.items
    }
}

/// The code that recorded spans (OTLP, `InstrumentationScope`).
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub struct Scope {
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) attributes: Bounded<Attribute>,
    #[serde(default, deserialize_with = "lenient::unsigned_32")]
    pub(crate) dropped_attributes_count: u32,
}

impl Scope {
    /// The scope's name, possibly empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scope's version, possibly empty.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The attributes, in the order sent.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes.items
    }
}

from_objects!(Resource, Scope);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_service_name_is_text_that_says_something() {
        for (value, expected) in [
            (json!({"stringValue": "shop"}), Some("shop")),
            (json!({"stringValue": ""}), None),
            (json!({"intValue": 3}), None),
        ] {
            let json = json!({"attributes": [{"key": "host", "value": {}}, {"key": "service.name", "value": value}]});
            let resource = <Resource as Deserialize>::deserialize(&json).unwrap();
            assert_eq!(resource.service_name(), expected);
        }
        assert_eq!(Resource::default().service_name(), None);
    }
}
