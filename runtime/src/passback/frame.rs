//! What stands around spans in OTLP JSON: their scopes, their resource, and how
//! many are missing.

use std::ops::Range;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::otlp::SpanWriter;

/// Bytes of telemetry without a span, at most.
pub(super) const MAX_EMPTY_BYTES: usize =
    r#"{"resourceSpans":[],"truncated":false,"droppedSpanCount":18446744073709551615}"#.len();

/// A scope, and what is of it.
pub(crate) type OfScope<'s, T> = (&'s InstrumentationScope, Vec<T>);

/// Where in the text stands what stands around spans.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub(super) before: Range<usize>,
    pub(super) after: Range<usize>,
}

impl Around {
    pub(super) fn bytes(&self) -> usize {
        self.before.len() + self.after.len()
    }
}

/// What stands around the spans of a resource, and around those of each scope.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(super) resource: Around,
    pub(super) scopes: Vec<Around>,
}

/// Sorts by scope, in the order in which the scopes come first.
pub(crate) fn by_scope<'s, T>(
    items: impl IntoIterator<Item = (&'s InstrumentationScope, T)>,
) -> Vec<OfScope<'s, T>> {
    let mut scopes: Vec<OfScope<'_, T>> = Vec::new();
    for (scope, item) in items {
        let is_same = |known: &InstrumentationScope| std::ptr::eq(known, scope) || known == scope;
        match scopes.iter_mut().find(|(known, _)| is_same(known)) {
            Some((_, items)) => items.push(item),
            None => scopes.push((scope, vec![item])),
        }
    }
    scopes
}

impl SpanWriter<'_> {
    /// Writes the value of `_meta.otel.traces`. Each span is written by `write`.
    pub(super) fn traces<T>(
        &mut self,
        resource: &Resource,
        scopes: &[OfScope<'_, T>],
        dropped_spans: usize,
        write: impl FnMut(&mut Self, &T),
    ) -> Frame {
        self.open();
        let frame = match scopes {
            [] => Frame::default(),
            _ => self.resource_spans(resource, scopes, write),
        };
        self.close(dropped_spans);
        frame
    }

    /// Begins telemetry.
    pub(super) fn open(&mut self) {
        self.push("{\"resourceSpans\":[");
    }

    /// Ends it, and says how many spans are not in it.
    pub(super) fn close(&mut self, dropped_spans: usize) {
        self.push(if dropped_spans > 0 {
            "],\"truncated\":true"
        } else {
            "],\"truncated\":false"
        });
        self.integer(",\"droppedSpanCount\":", dropped_spans);
        self.push("}");
    }

    /// Writes one entry of `resourceSpans`.
    pub(crate) fn resource_spans<T>(
        &mut self,
        resource: &Resource,
        scopes: &[OfScope<'_, T>],
        mut write: impl FnMut(&mut Self, &T),
    ) -> Frame {
        let mut around = Vec::with_capacity(scopes.len());
        let before = self.part(|writer| writer.open_resource(resource));
        self.items(scopes, |writer, (scope, spans)| {
            let before = writer.part(|writer| writer.open_scope(scope));
            writer.items(spans, &mut write);
            let after = writer.part(|writer| writer.close_list(scope.schema_url()));
            around.push(Around { before, after });
        });
        let after = self.part(|writer| writer.close_list(resource.schema_url()));
        Frame {
            resource: Around { before, after },
            scopes: around,
        }
    }

    fn open_resource(&mut self, resource: &Resource) {
        self.push("{\"resource\":{");
        let attributes: Vec<_> = resource.iter().collect();
        self.list("\"attributes\":[", &attributes, |writer, (key, value)| {
            writer.attribute(key, value);
        });
        self.push("},\"scopeSpans\":[");
    }

    fn open_scope(&mut self, scope: &InstrumentationScope) {
        self.field("{\"scope\":{\"name\":\"", scope.name());
        if let Some(version) = scope.version() {
            self.field(",\"version\":\"", version);
        }
        let attributes: Vec<_> = scope.attributes().collect();
        self.list(",\"attributes\":[", &attributes, |writer, attribute| {
            writer.attribute(&attribute.key, &attribute.value);
        });
        self.push("},\"spans\":[");
    }

    /// Ends the list of a resource or a scope, and its object.
    fn close_list(&mut self, schema_url: Option<&str>) {
        self.push("]");
        if let Some(url) = schema_url {
            self.field(",\"schemaUrl\":\"", url);
        }
        self.push("}");
    }
}
