//! The frame around spans, read without reading the spans.

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use opentelemetry::trace::{SpanId, TraceId};

use super::collect::{Collect, collect};
use super::object::from_objects;
use super::span::SpanIds;

/// The elements of a `resourceSpans` array, their parts still text. One that cannot be read costs only itself.
///
/// Kept is only what holds a span with ids, so the memory taken is a fraction of the text, whatever the text.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    /// Spans that were not kept.
    pub(crate) tally: Tally,
    /// Entries that could not be read, so that nobody knows how many spans they held.
    pub(crate) unreadable: usize,
    /// What these entries measured together.
    pub(crate) unreadable_bytes: usize,
}

/// One element of `resourceSpans`.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// The whole of it.
    pub(crate) text: &'a str,
    /// Its parts.
    pub(crate) parts: ResourceSpans<'a>,
}

/// The parts of an entry.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct ResourceSpans<'a> {
    #[serde(borrow)]
    pub(crate) resource: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "collect")]
    pub(crate) scope_spans: Scopes<'a>,
    #[serde(borrow)]
    pub(crate) schema_url: Option<&'a RawValue>,
}

/// The elements of a `scopeSpans` array that hold spans with ids.
#[derive(Debug, Default)]
pub(crate) struct Scopes<'a> {
    pub(crate) items: Vec<ScopeSpans<'a>>,
    /// Spans that were not kept.
    pub(crate) tally: Tally,
    /// Whether anything was left out.
    pub(crate) incomplete: bool,
}

/// One element of `scopeSpans`.
#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
pub(crate) struct ScopeSpans<'a> {
    #[serde(borrow)]
    pub(crate) scope: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "collect")]
    pub(crate) spans: Spans<'a>,
    #[serde(borrow)]
    pub(crate) schema_url: Option<&'a RawValue>,
}

/// The elements of a `spans` array that have ids.
#[derive(Debug, Default)]
pub(crate) struct Spans<'a> {
    pub(crate) items: Vec<SpanText<'a>>,
    /// Spans that were not kept.
    pub(crate) tally: Tally,
}

/// A span with ids, the rest of it still text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpanText<'a> {
    pub(crate) ids: SpanIds,
    pub(crate) text: &'a str,
}

/// Why spans were not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Not an object, or one whose ids have another type.
    pub(crate) malformed: usize,
    /// Without a trace id or a span id.
    pub(crate) without_ids: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.malformed += other.malformed;
        self.without_ids += other.without_ids;
    }
}

from_objects!(ResourceSpans<'a>, ScopeSpans<'a>);

/// Errors cost time, and millions of elements may be no objects at all.
fn read_object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let is_object = text.starts_with('{');
    is_object.then(|| serde_json::from_str(text).ok()).flatten()
}

impl<'de: 'a, 'a> Collect<'de> for Spans<'a> {
    type Element = &'a RawValue;

    fn take(&mut self, span: &'a RawValue) {
        match read_object::<SpanIds>(span.get()) {
            None => self.tally.malformed += 1,
            Some(ids) if ids.trace_id == TraceId::INVALID || ids.span_id == SpanId::INVALID => {
                self.tally.without_ids += 1;
            }
            Some(ids) => self.items.push(SpanText {
                ids,
                text: span.get(),
            }),
        }
    }
}

impl<'de: 'a, 'a> Collect<'de> for Scopes<'a> {
    type Element = ScopeSpans<'a>;

    fn take(&mut self, scope: ScopeSpans<'a>) {
        self.tally.add(scope.spans.tally);
        self.incomplete |= scope.spans.tally != Tally::default() || scope.spans.items.is_empty();
        if !scope.spans.items.is_empty() {
            self.items.push(scope);
        }
    }
}

impl<'de: 'a, 'a> Collect<'de> for Envelope<'a> {
    type Element = &'a RawValue;

    fn take(&mut self, entry: &'a RawValue) {
        let text = entry.get();
        match read_object::<ResourceSpans<'a>>(text) {
            None => {
                self.unreadable += 1;
                self.unreadable_bytes += text.len();
            }
            Some(parts) => {
                self.tally.add(parts.scope_spans.tally);
                if !parts.scope_spans.items.is_empty() {
                    self.entries.push(Entry { text, parts });
                }
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        collect(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: &str = r#"{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","x":"\ud800", "y" : 1e999}"#;

    fn read(text: &str) -> Envelope<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn keeps_the_parts_as_text() {
        let text = format!(
            r#"[{{"resource":{{ "x" : 1e999 }},"scopeSpans":[{{"scope":null,"spans":[{SPAN}]}}],"schemaUrl":"u"}},{{}}]"#
        );
        let envelope = read(&text);
        let [entry] = &envelope.entries[..] else {
            panic!("the entry without spans is left out")
        };
        assert_eq!(entry.text, &text[1..text.len() - 4]);
        assert_eq!(entry.parts.resource.unwrap().get(), r#"{ "x" : 1e999 }"#);
        assert_eq!(entry.parts.schema_url.unwrap().get(), r#""u""#);
        let scope = &entry.parts.scope_spans.items[0];
        assert!(scope.scope.is_none());
        assert_eq!(scope.spans.items[0].text, SPAN);
        assert!(!entry.parts.scope_spans.incomplete);
    }

    #[test]
    fn counts_what_it_does_not_keep() {
        let text = format!(
            r#"[{{"scopeSpans":[{{"spans":[{SPAN},{{}},7,{{"spanId":5}}]}},{{"spans":null}},{{}}]}},3,{{"scopeSpans":7}}]"#
        );
        let envelope = read(&text);
        let scopes = &envelope.entries[0].parts.scope_spans;
        assert!(scopes.incomplete && scopes.items.len() == 1);
        let expected = Tally {
            malformed: 2,
            without_ids: 1,
        };
        assert_eq!(envelope.tally, expected);
        assert_eq!((envelope.unreadable, envelope.unreadable_bytes), (2, 17));
    }

    #[test]
    fn is_no_envelope_of_something_else() {
        for text in ["", "{}", "3", "[", "[{]"] {
            assert!(
                serde_json::from_str::<Envelope<'_>>(text).is_err(),
                "{text}"
            );
        }
        assert!(read("null").entries.is_empty());
    }
}
