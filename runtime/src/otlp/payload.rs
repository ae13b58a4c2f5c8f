//! Spans as text, ready to be sent on.

use std::sync::Arc;

/// Entries of OTLP JSON's `resourceSpans`, verbatim, and how many spans they hold.
///
/// Cheap to clone. Several payloads make one request by putting their entries side by side: nothing of them is
/// rewritten, and no two producers are mixed (SEP-2448 C03, C05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpPayload {
    resource_spans: Arc<str>,
    span_count: usize,
}

impl OtlpPayload {
    /// Entries that are known to be valid JSON, separated by commas.
    pub(crate) fn new(resource_spans: impl Into<Arc<str>>, span_count: usize) -> Self {
        Self {
            resource_spans: resource_spans.into(),
            span_count,
        }
    }

    /// The number of spans.
    #[must_use]
    pub fn span_count(&self) -> usize {
        self.span_count
    }

    /// The size of the entries, in bytes.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.resource_spans.len()
    }

    /// The entries, separated by commas, without the array's brackets.
    #[must_use]
    pub fn resource_spans(&self) -> &str {
        &self.resource_spans
    }

    /// The whole as an OTLP/HTTP receiver takes it: `{"resourceSpans":[...]}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{{\"resourceSpans\":[{}]}}", self.resource_spans)
    }
}
