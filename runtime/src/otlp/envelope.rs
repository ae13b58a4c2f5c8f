//! The frame around spans, read without reading the spans.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::bounded::Bounded;
use super::object::from_objects;

/// The most `resourceSpans` entries read. Ours: one for each service behind the server, with room to spare.
const MAX_RESOURCES: usize = 1024;
/// The most `scopeSpans` entries read of a resource: one for each library that records.
const MAX_SCOPES: usize = 1024;
/// The most spans looked at in a scope. Ours: far above what any limit lets through, and 16 bytes each.
const MAX_SPANS: usize = 1_000_000;

/// `{"resourceSpans": [...]}`, its parts still text.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    pub(crate) resource_spans: Bounded<ResourceSpans<'a>, MAX_RESOURCES>,
}

/// One entry of `resourceSpans`.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct ResourceSpans<'a> {
    /// The resource, as text.
    #[serde(borrow)]
    pub(crate) resource: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) scope_spans: Bounded<ScopeSpans<'a>, MAX_SCOPES>,
    /// The resource's schema URL, as text.
    #[serde(borrow)]
    pub(crate) schema_url: Option<&'a RawValue>,
}

/// One entry of `scopeSpans`.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct ScopeSpans<'a> {
    /// The instrumentation scope, as text.
    #[serde(borrow)]
    pub(crate) scope: Option<&'a RawValue>,
    /// The spans, each as text.
    #[serde(borrow, default)]
    pub(crate) spans: Bounded<&'a RawValue, MAX_SPANS>,
    /// The spans' schema URL, as text.
    #[serde(borrow)]
    pub(crate) schema_url: Option<&'a RawValue>,
}

from_objects!(Envelope<'a>, ResourceSpans<'a>, ScopeSpans<'a>);

/// Why a text is no envelope. Says nothing of what the text holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnvelopeError {
    /// Not JSON, or not of this shape.
    #[error("not OTLP JSON")]
    Malformed,
}

impl<'a> Envelope<'a> {
    /// Reads the frame; spans, resources and scopes stay text.
    pub(crate) fn parse(text: &'a str) -> Result<Self, EnvelopeError> {
        serde_json::from_str(text).map_err(|_| EnvelopeError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_parts_as_text() {
        let text = r#"{"new":1,"resourceSpans":[{"resource":{ "x" : 1e999 },"scopeSpans":[{"spans":[{"a":"\ud800"},[[]]]}],"schemaUrl":"u"},{}]}"#;
        let envelope = Envelope::parse(text).unwrap();
        let [first, second] = &envelope.resource_spans.items[..] else {
            unreachable!()
        };
        assert_eq!(first.resource.unwrap().get(), r#"{ "x" : 1e999 }"#);
        assert_eq!(first.schema_url.unwrap().get(), r#""u""#);
        let spans = &first.scope_spans.items[0].spans.items;
        assert_eq!(spans[0].get(), r#"{"a":"\ud800"}"#);
        assert_eq!(spans[1].get(), "[[]]");
        assert!(second.resource.is_none() && second.scope_spans.items.is_empty());
    }

    #[test]
    fn refuses_what_has_another_shape() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"resourceSpans":{}}"#,
            r#"{"resourceSpans":[3]}"#,
            "{\"resourceSpans\":[]",
        ] {
            assert_eq!(
                Envelope::parse(text).err(),
                Some(EnvelopeError::Malformed),
                "{text}"
            );
        }
    }
}
