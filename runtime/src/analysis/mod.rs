//! Reading spans that a server returned: from OTLP JSON to a tree, and from the tree to observations.
//!
//! Everything here takes values and returns values: no I/O, no clock, no lock. The spans come from somebody else's
//! server, so nothing is believed: junk is skipped and counted, what is read is bounded, and text of a span reaches a
//! terminal only through [`printable`](crate::render::printable).
//!
//! ```
//! use glassbox::analysis::{SpanTree, findings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let answer = serde_json::json!({"resourceSpans": [{
//!     "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "mcp-gmail-server"}}]},
//!     "scopeSpans": [{"spans": [{
//!         "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
//!         "name": "tools/call list_emails", "kind": 2,
//!         "startTimeUnixNano": "1000000000", "endTimeUnixNano": "1300000000",
//!     }]}],
//! }]});
//! let tree = SpanTree::from_otlp(&answer)?;
//! assert_eq!(tree.len(), 1);
//! assert!(findings(&tree).is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! What it does not do: check whether the spans belong to the caller's trace, or forward them. That is the work of an
//! ingest step, before this.

#[cfg(test)]
mod corpus;
mod critical_path;
mod findings;
#[cfg(test)]
pub(crate) mod fixture;
mod interval;
mod tree;

pub use crate::otlp::{AnyValue, Attribute, Span};
pub use critical_path::Segment;
pub use findings::{
    AnswerNotes, ClockSkew, DominantPhase, Failure, Finding, IdenticalCalls, Incomplete,
    MAX_FINDINGS, More, OutsideServer, RepeatedCalls, Retries, Skew, UncoveredTime, Waterfall,
    findings, findings_with,
};
pub use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
pub use tree::{MAX_SPANS, Node, SpanTree, TreeError};
