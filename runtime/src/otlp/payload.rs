//! Spans as text, ready to be sent on.

use std::fmt;
use std::sync::Arc;

/// Entries of OTLP JSON's `resourceSpans`, verbatim, and how many spans they hold.
///
/// Cheap to clone. Several payloads make one request by putting their entries side by side: nothing of them is
/// rewritten, and no two producers are mixed (SEP-2448 C03, C05).
#[derive(Clone, PartialEq, Eq)]
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

/// How much there is, not what it says: whoever prints a client or a forwarder does not mean megabytes of spans.
impl fmt::Debug for OtlpPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpPayload")
            .field("span_count", &self.span_count)
            .field("len_bytes", &self.len_bytes())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_how_much_and_not_what() {
        let payload = OtlpPayload::new("{\"secret\":1}", 3);
        assert_eq!(
            format!("{payload:?}"),
            "OtlpPayload { span_count: 3, len_bytes: 12, .. }"
        );
    }
}
