//! OTLP JSON of others: read leniently, kept verbatim.
//!
//! Two views of the same bytes. [`OtlpPayload`] is the text as it was sent, for passing on unmodified (SEP-2448 C03).
//! [`Span`] is what the text says, for checking, analysing and drawing.
//!
//! The reader takes every spelling that OTLP/JSON and the protobuf JSON mapping below it oblige a reader to take: hex ids
//! in either case, 64-bit integers as numbers or strings, doubles as `"NaN"`, missing and unknown members, `null` for a
//! default. Beyond that it takes enums by name. What it reads is bounded: lists are cut at [`MAX_ELEMENTS`], and what
//! was cut is counted.

mod any_value;
mod bounded;
#[cfg(feature = "ingest")]
mod collect;
#[cfg(feature = "ingest")]
mod envelope;
mod from_sdk;
mod id;
mod lenient;
mod object;
#[cfg(feature = "ingest")]
mod payload;
mod resource;
mod span;
#[cfg(feature = "ingest")]
mod strict;

pub use any_value::{AnyValue, Attribute};
#[cfg(feature = "client")]
pub(crate) use bounded::Bounded;
pub use bounded::MAX_ELEMENTS;
#[cfg(feature = "ingest")]
pub(crate) use envelope::{Entry, Envelope};
#[cfg(feature = "forward")]
pub(crate) use envelope::{ResourceSpans, ScopeSpans};
#[cfg(feature = "client")]
pub(crate) use from_sdk::{attributes, kind, status, unix_nano};
#[cfg(feature = "ingest")]
pub use payload::OtlpPayload;
pub use resource::{Resource, Scope};
pub(crate) use span::SpanFields;
#[cfg(feature = "ingest")]
pub(crate) use span::SpanIds;
pub use span::{Event, Link, Span};
#[cfg(feature = "ingest")]
pub(crate) use strict::is_unambiguous;
