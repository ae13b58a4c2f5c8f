//! How much may leave the server, and what goes first.

/// Bounds on the telemetry of one answer (S09, S10, S18).
///
/// Spans beyond a bound are left out: ordinary ones first, of these the
/// deepest, of one depth the youngest; then, in the same order, failed spans
/// and their ancestors; the root last. What is left is always one tree. How
/// many were left out stands in the answer (`truncated`, `droppedSpanCount`);
/// attributes, events and links beyond their bounds are counted in OTLP's own
/// fields, texts that were cut in
/// [`PassbackCounts::cut_values`](crate::PassbackCounts::cut_values).
///
/// The bounds hold while a call is recorded, and again for its answer. Two
/// more cannot be set: 4,096 spans open at once in a request, and 256 bytes of
/// an attribute's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassbackLimits {
    /// Spans in one answer. Default 256: a tree that a person can still read,
    /// and what receivers are expected to take.
    pub max_spans: usize,
    /// Attributes on one span. Default 128 (SEP-2448, S09).
    pub max_attributes_per_span: u32,
    /// Events on one span. Default 128 (SEP-2448, S09).
    pub max_events_per_span: u32,
    /// Links on one span. Default 128 (SEP-2448, S09).
    pub max_links_per_span: u32,
    /// Bytes of a name, an error text or one attribute's value; longer ones are
    /// cut. A text is cut at a character. An array keeps its first elements: one
    /// for every 8 bytes, and texts together no longer than one may be (ours;
    /// OpenTelemetry bounds each text of an array, and not how many there are).
    /// Default 1,024: enough for a URL template or a message, too little for a
    /// payload.
    pub max_value_length_bytes: usize,
    /// Bytes of OTLP JSON in one answer. Default 240,000: 256 spans of the size
    /// that phases have, and far from making an answer slow. If not even the
    /// counts fit (some 70 bytes), nothing is added to the answer.
    pub max_total_bytes: usize,
    /// Bytes of JSON of a whole answer, the tool's own result included, from
    /// which on telemetry has no room any more: it shrinks, or stays out
    /// ([`PassbackCounts::omitted_answers`](crate::PassbackCounts::omitted_answers)).
    /// The result itself is never touched. Default 16 MiB less 64 KiB: rmcp's
    /// clients refuse JSON answers, events and lines over 16 MiB, and lose the
    /// result with them; the rest is for the frame around it, which counts only
    /// where answers are seen as bytes (`http`, `stdio`).
    pub max_answer_bytes: usize,
}

impl PassbackLimits {
    /// Spans in one answer unless set otherwise.
    pub const DEFAULT_MAX_SPANS: usize = 256;
    /// Attributes, events and links on a span unless set otherwise.
    pub const DEFAULT_MAX_PER_SPAN: u32 = 128;
    /// Bytes of one string value unless set otherwise.
    pub const DEFAULT_MAX_VALUE_LENGTH_BYTES: usize = 1024;
    /// Bytes of OTLP JSON in one answer unless set otherwise.
    pub const DEFAULT_MAX_TOTAL_BYTES: usize = 240_000;
    /// Bytes of JSON of an answer that has telemetry unless set otherwise.
    pub const DEFAULT_MAX_ANSWER_BYTES: usize = (16 << 20) - (64 << 10);

    /// Attributes on a span, as a number of items.
    pub(super) fn max_attributes(&self) -> usize {
        usize::try_from(self.max_attributes_per_span).unwrap_or(usize::MAX)
    }

    /// Links on a span, as a number of items.
    pub(super) fn max_links(&self) -> usize {
        usize::try_from(self.max_links_per_span).unwrap_or(usize::MAX)
    }
}

impl Default for PassbackLimits {
    fn default() -> Self {
        Self {
            max_spans: Self::DEFAULT_MAX_SPANS,
            max_attributes_per_span: Self::DEFAULT_MAX_PER_SPAN,
            max_events_per_span: Self::DEFAULT_MAX_PER_SPAN,
            max_links_per_span: Self::DEFAULT_MAX_PER_SPAN,
            max_value_length_bytes: Self::DEFAULT_MAX_VALUE_LENGTH_BYTES,
            max_total_bytes: Self::DEFAULT_MAX_TOTAL_BYTES,
            max_answer_bytes: Self::DEFAULT_MAX_ANSWER_BYTES,
        }
    }
}
