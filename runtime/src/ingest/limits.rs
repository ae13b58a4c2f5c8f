//! How much is taken from one answer.

/// Bounds on what is taken from one answer (SEP-2448 C04), and on what is remembered of earlier ones.
///
/// A server of this crate sends at most 256 spans and 240,000 bytes with 128 attributes, events and links a span
/// (S09, S10); whatever it sends fits. Servers of others have room to spare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestLimits {
    max_bytes: usize,
    max_spans: usize,
    max_attributes: usize,
    max_events: usize,
    max_links: usize,
    max_nesting: usize,
    max_string_bytes: usize,
    max_remembered_ids: usize,
}

impl IngestLimits {
    /// Bytes of telemetry unless set otherwise: 8 MiB, half of what rmcp's clients take for a whole answer.
    pub const DEFAULT_MAX_BYTES: usize = 8 * 1024 * 1024;
    /// Spans unless set otherwise: 10,000, what [`SpanTree`](crate::analysis::SpanTree) takes.
    pub const DEFAULT_MAX_SPANS: usize = crate::analysis::MAX_SPANS;
    /// Attributes, events and links unless set otherwise: 256, twice what SEP-2448 has servers send (S09).
    pub const DEFAULT_MAX_PER_SPAN: usize = 256;
    /// Levels of objects and arrays in a span unless set otherwise, and at most: 120. The frame around a span takes six
    /// more, and serde_json, which many receivers use, ends at 127. It is room for 38 arrays, or 28 maps, in another.
    pub const MAX_NESTING: usize = 120;
    /// Bytes of one string unless set otherwise: 256 KiB, so that one string may fill an answer of 240,000 bytes.
    pub const DEFAULT_MAX_STRING_BYTES: usize = 256 * 1024;
    /// Ids remembered unless set otherwise: 65,536, the spans of 256 full answers, in about 5 MB.
    pub const DEFAULT_MAX_REMEMBERED_IDS: usize = 65_536;

    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds the telemetry of one answer, in bytes; it is not parsed if it has more.
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Bounds the spans taken from one answer. Those farthest from the caller's span go first.
    #[must_use]
    pub fn with_max_spans(self, max_spans: usize) -> Self {
        Self { max_spans, ..self }
    }

    /// Bounds the attributes of a span, event, link, scope or resource. Over 1,024, the reader's own bound, means 1,024.
    #[must_use]
    pub fn with_max_attributes(self, max_attributes: usize) -> Self {
        Self {
            max_attributes,
            ..self
        }
    }

    /// Bounds the events of a span. Over 1,024, the reader's own bound, means 1,024.
    #[must_use]
    pub fn with_max_events(self, max_events: usize) -> Self {
        Self { max_events, ..self }
    }

    /// Bounds the links of a span. Over 1,024, the reader's own bound, means 1,024.
    #[must_use]
    pub fn with_max_links(self, max_links: usize) -> Self {
        Self { max_links, ..self }
    }

    /// Bounds the levels of objects and arrays in a span, the span itself being the first. Over
    /// [`MAX_NESTING`](Self::MAX_NESTING) means that.
    #[must_use]
    pub fn with_max_nesting(self, max_nesting: usize) -> Self {
        Self {
            max_nesting: max_nesting.min(Self::MAX_NESTING),
            ..self
        }
    }

    /// Bounds one string, in bytes of JSON as sent.
    #[must_use]
    pub fn with_max_string_bytes(self, max_string_bytes: usize) -> Self {
        Self {
            max_string_bytes,
            ..self
        }
    }

    /// Bounds the memory: so many ids of the caller's own spans, and so many of spans that were accepted. The oldest go
    /// first; what they told is then no longer known.
    #[must_use]
    pub fn with_max_remembered_ids(self, max_remembered_ids: usize) -> Self {
        Self {
            max_remembered_ids,
            ..self
        }
    }

    /// Bytes of telemetry in one answer.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Spans taken from one answer.
    #[must_use]
    pub fn max_spans(&self) -> usize {
        self.max_spans
    }

    /// Attributes of a span, event, link, scope or resource.
    #[must_use]
    pub fn max_attributes(&self) -> usize {
        self.max_attributes
    }

    /// Events of a span.
    #[must_use]
    pub fn max_events(&self) -> usize {
        self.max_events
    }

    /// Links of a span.
    #[must_use]
    pub fn max_links(&self) -> usize {
        self.max_links
    }

    /// Levels of objects and arrays in a span.
    #[must_use]
    pub fn max_nesting(&self) -> usize {
        self.max_nesting
    }

    /// Bytes of one string.
    #[must_use]
    pub fn max_string_bytes(&self) -> usize {
        self.max_string_bytes
    }

    /// Ids remembered of the caller's own spans, and as many of accepted ones.
    #[must_use]
    pub fn max_remembered_ids(&self) -> usize {
        self.max_remembered_ids
    }
}

impl IngestLimits {
    /// Objects read of one answer: one for each 16 bytes that it may have, and at least 65,536.
    ///
    /// Ours. An attribute that says anything takes 18 bytes an object, so this is no bound on honest answers; of empty
    /// ones, three bytes each, 8 MiB would take 150 MB of memory.
    pub(super) fn max_objects(&self) -> usize {
        (self.max_bytes / 16).max(65_536)
    }
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            max_bytes: Self::DEFAULT_MAX_BYTES,
            max_spans: Self::DEFAULT_MAX_SPANS,
            max_attributes: Self::DEFAULT_MAX_PER_SPAN,
            max_events: Self::DEFAULT_MAX_PER_SPAN,
            max_links: Self::DEFAULT_MAX_PER_SPAN,
            max_nesting: Self::MAX_NESTING,
            max_string_bytes: Self::DEFAULT_MAX_STRING_BYTES,
            max_remembered_ids: Self::DEFAULT_MAX_REMEMBERED_IDS,
        }
    }
}
