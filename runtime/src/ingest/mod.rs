//! What a server returned, checked before it goes anywhere (SEP-2448, client rules).
//!
//! Returned spans are other people's input. [`Ingest`] takes the text of an answer's telemetry and says which spans are
//! the caller's to keep; it does no I/O, and all it remembers is a bounded number of ids. Usable on its own, on any OTLP
//! JSON.
//!
//! ```text
//! IngestLimits   how much is taken                            limits.rs
//! Answer         where the spans are, ids read first          answer.rs
//! Lineage        which descend from the caller's span         lineage.rs
//! Memory         which ids are known from before              memory.rs
//! Source         who produced them; reading the rest          source.rs, shape.rs
//! assemble       what is accepted, as text again              assemble.rs
//! IngestReport   what became of everything                    report.rs, reason.rs
//! ```
//!
//! # What is accepted
//!
//! - Telemetry within [`IngestLimits`]; of too many spans, those nearest to the caller's span (C04).
//! - Spans in the caller's trace that descend from the caller's span, with ids that nobody else has (C06). Below a
//!   rejected span nothing is accepted, so what is accepted is always connected.
//! - Spans of a resource that has a `service.name` (C05).
//! - Text that every receiver reads as we do: valid to the strictest parser, and without the second spellings of names
//!   that some parsers take (C08).
//!
//! What is accepted goes on as it was sent: an entry of `resourceSpans` whose spans are all accepted byte for byte, of
//! others each part (C03). Times are the server's, and stay so (C09). What is rejected is counted by [`RejectReason`],
//! and a bad span never takes a good one with it that does not hang below it.
//!
//! # Examples
//!
//! ```
//! use glassbox::analysis::SpanTree;
//! use glassbox::ingest::Ingest;
//! use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
//!
//! # let telemetry = r#"{"resourceSpans": [{
//! #   "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
//! #   "scopeSpans": [{"spans": [
//! #     {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "00f067aa0ba902b7",
//! #      "parentSpanId": "b7ad6b7169203331", "name": "tools/call order", "kind": 2},
//! #     {"traceId": "ffffffffffffffffffffffffffffffff", "spanId": "00f067aa0ba902b8", "name": "of another trace"}
//! #   ]}]}]}"#;
//! // The CLIENT span whose context the request carried.
//! let caller = SpanContext::new(
//!     TraceId::from(0x0af7651916cd43dd8448eb211c80319c),
//!     SpanId::from(0xb7ad6b7169203331),
//!     TraceFlags::SAMPLED,
//!     false,
//!     TraceState::NONE,
//! );
//!
//! let ingest = Ingest::new();
//! let ingested = ingest.read(telemetry, &caller);
//! assert_eq!(
//!     ingested.report().to_string(),
//!     "2 spans received, 1 accepted, 1 rejected: 1 of another trace"
//! );
//! if let Some(payload) = ingested.payload() {
//!     let body = payload.to_json(); // to any OTLP/HTTP receiver
//! #   assert!(body.contains("tools/call order"));
//! }
//! let tree = SpanTree::from_spans(ingested.spans().iter().cloned());
//! assert_eq!(tree.len(), 1);
//!
//! // The same answer again, out of a cache.
//! assert_eq!(ingest.read(telemetry, &caller).report().accepted(), 0);
//! ```

mod answer;
mod assemble;
mod ingested;
mod limits;
mod lineage;
mod memory;
mod reason;
mod report;
mod shape;
mod source;

use std::cell::Cell;
use std::sync::Arc;

use opentelemetry::trace::SpanContext;

use answer::Answer;
use assemble::assemble;
pub use ingested::Ingested;
pub use limits::IngestLimits;
use lineage::{Known, Lineage};
use memory::Memory;
pub use reason::RejectReason;
pub use report::IngestReport;
use source::Source;

use crate::otlp::{Span, SpanIds};

/// Checks what servers return. Clones share what they remember.
#[derive(Debug, Clone, Default)]
pub struct Ingest {
    limits: IngestLimits,
    reparented: bool,
    memory: Arc<Memory>,
}

/// Where a span stands in an answer.
struct Place<'a> {
    source: usize,
    scope: usize,
    text: &'a str,
}

impl Ingest {
    /// Takes [`IngestLimits::default`], and only spans under the caller's own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets other limits.
    #[must_use]
    pub fn with_limits(self, limits: IngestLimits) -> Self {
        Self { limits, ..self }
    }

    /// Accepts spans that are topmost in the answer under a span nobody knows: a gateway on the way may have put its own
    /// span between caller and server. Default `false`: such a span may as well be a forgery. The trace must be the
    /// caller's in any case, and the report says how many there were.
    #[must_use]
    pub fn with_reparented(self, reparented: bool) -> Self {
        Self { reparented, ..self }
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &IngestLimits {
        &self.limits
    }

    /// Remembers a span of the caller's, so that no server can claim its id, or hang spans below it (C06).
    /// [`read`](Self::read) remembers the span of the call.
    pub fn remember_own(&self, span: &SpanContext) {
        let key = (span.trace_id(), span.span_id());
        self.memory
            .own()
            .insert(key, self.limits.max_remembered_ids());
    }

    /// Says which spans of an answer to a call are accepted. `caller` is the span whose context the request carried.
    ///
    /// `telemetry` is the JSON text of `_meta`, `_meta.otel`, `_meta.otel.traces` or `{"resourceSpans": [...]}`. Nothing
    /// in it makes this fail: what is of no use is counted in the report.
    #[must_use]
    pub fn read(&self, telemetry: &str, caller: &SpanContext) -> Ingested {
        self.remember_own(caller);
        if telemetry.len() > self.limits.max_bytes() {
            return self.refuse(RejectReason::TooLarge, telemetry.len());
        }
        let Some(answer) = Answer::parse(telemetry) else {
            return self.refuse(RejectReason::Malformed, telemetry.len());
        };
        let mut report = IngestReport::default();
        report.server_says(answer.truncated, answer.dropped_span_count);
        let envelope = &answer.envelope;
        report.refuse(
            RejectReason::Malformed,
            envelope.unreadable,
            envelope.unreadable_bytes,
        );
        report.reject(RejectReason::Malformed, envelope.tally.malformed);
        report.reject(RejectReason::InvalidId, envelope.tally.without_ids);
        let (ids, places) = places(&answer);
        let objects = self.scarce_objects(telemetry);
        let sources: Vec<_> = envelope
            .entries
            .iter()
            .map(|entry| Source::new(entry, &self.limits, objects.as_ref()))
            .collect();

        let mut spans = Vec::new();
        let lineage = self.lineage(&ids, caller);
        let admitted = lineage.admit(self.limits.max_spans(), |index| {
            let place = places.get(index).ok_or(RejectReason::Malformed)?;
            let source = sources.get(place.source).ok_or(RejectReason::Malformed)?;
            let span = source.span(place.scope, place.text)?;
            self.claim(&span)?;
            spans.push(span);
            Ok(())
        });
        for verdict in &admitted.verdicts {
            match verdict {
                Ok(()) => report.accept(),
                Err(reason) => report.reject(*reason, 1),
            }
        }
        report.reparent(admitted.reparented);
        Ingested {
            payload: assemble(&sources, &admitted.verdicts),
            spans,
            report,
        }
    }

    /// Reports telemetry that was refused before it came here, for example because it was too large to be cut out of the
    /// answer.
    #[must_use]
    pub fn refuse(&self, reason: RejectReason, bytes: usize) -> Ingested {
        let mut ingested = Ingested::default();
        ingested.report.refuse(reason, 1, bytes);
        ingested
    }

    /// How many ids were forgotten because newer ones came: of the caller's own spans, and of accepted ones.
    #[must_use]
    pub fn forgotten(&self) -> (u64, u64) {
        (
            self.memory.own().forgotten(),
            self.memory.ingested().forgotten(),
        )
    }

    fn lineage(&self, ids: &[SpanIds], caller: &SpanContext) -> Lineage {
        let (own, ingested) = (self.memory.own(), self.memory.ingested());
        Lineage::new(ids, caller, self.reparented, |trace_id, span_id| {
            let key = (trace_id, span_id);
            match () {
                () if own.contains(key) => Known::Own,
                () if ingested.contains(key) => Known::Ingested,
                () => Known::New,
            }
        })
    }

    /// How many objects are read, if there may be more. Those in strings are counted too, so this is only a first look.
    fn scarce_objects(&self, telemetry: &str) -> Option<Cell<usize>> {
        let max = self.limits.max_objects();
        let braces = telemetry.bytes().filter(|&byte| byte == b'{').count();
        (braces > max).then(|| Cell::new(max))
    }

    /// Remembers a span as accepted, unless the same answer is being read elsewhere and was faster.
    fn claim(&self, span: &Span) -> Result<(), RejectReason> {
        let key = (span.trace_id(), span.id());
        let max = self.limits.max_remembered_ids();
        let new = self.memory.ingested().insert(key, max);
        new.then_some(()).ok_or(RejectReason::AlreadyIngested)
    }
}

/// Every span of an answer: its ids, and where it stands.
fn places<'a>(answer: &Answer<'a>) -> (Vec<SpanIds>, Vec<Place<'a>>) {
    let entries = answer.envelope.entries.iter().enumerate();
    entries
        .flat_map(|(source, entry)| {
            let scopes = entry.parts.scope_spans.items.iter().enumerate();
            scopes.flat_map(move |(scope, spans)| {
                spans.spans.items.iter().map(move |span| {
                    let text = span.text;
                    (
                        span.ids,
                        Place {
                            source,
                            scope,
                            text,
                        },
                    )
                })
            })
        })
        .unzip()
}

#[cfg(test)]
mod tests;
