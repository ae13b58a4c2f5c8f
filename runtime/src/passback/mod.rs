//! Server execution telemetry, passed back in the answer (SEP-2448).
//!
//! A client asks on a single request, in `_meta.otel`
//! ([`PassbackRequest`]); the spans recorded while the request was handled
//! come back in `_meta.otel` of the answer, as OTLP JSON. Data flows one way:
//!
//! ```text
//! PassbackRequest   what was asked                       request.rs
//! Gate              what of it is granted, how often     gate.rs, rate.rs
//! Scope             one request being recorded           scope.rs
//! ObservedSpan      one span, and what of it is public   observed.rs
//! RecordedSpan      one that nobody exports              recorded.rs
//! SpanCollector     spans into the request's bucket      collector.rs, bucket/, ids.rs
//! Slots             where each of them is kept           slots.rs, finished.rs
//! Place             where a span stands in the answer    place.rs
//! PassbackPolicy    what may leave of a span             policy/
//! selection         which spans were asked for           selection.rs
//! PassbackLimits    how much may leave                   limits.rs, fit.rs, value.rs
//! Net               known secrets, out of all of it      secrets/
//! otlp              spans as OTLP JSON text              otlp.rs, json.rs
//! frame             what stands around them              frame.rs
//! Passback          what joins the answer                answer.rs
//! Spot              where it goes in the answer          spot.rs
//! ```
//!
//! Everything from the policy on is pure: spans in, text out (the policy runs
//! the author's redactions, and catches what they throw). Nothing here has
//! an error for the tool's author: what goes wrong is counted and shown in
//! `droppedSpanCount` and in OTLP's own dropped counts, and for the author in
//! [`PassbackCounts`].

mod answer;
mod bucket;
mod capability;
mod collector;
mod counts;
mod finished;
mod fit;
pub(crate) mod frame;
#[cfg(test)]
mod fuzz;
mod gate;
mod ids;
pub(crate) mod json;
mod limits;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod models;
mod observed;
pub(crate) mod otlp;
mod place;
mod policy;
mod rate;
mod recorded;
mod request;
mod rest;
#[cfg(test)]
mod runaway;
mod scope;
mod secrets;
mod selection;
mod slots;
mod spot;
mod sync;
#[cfg(test)]
mod too_deep;
mod value;
#[cfg(feature = "testing")]
mod witness;

pub(crate) use answer::{Described, Passback};
pub(crate) use bucket::Bucket;
#[cfg(feature = "bench-internals")]
pub(crate) use bucket::Collected;
pub use capability::{EXTENSION_ID, MARCH_CAPABILITY};
pub(crate) use capability::{advertise, advertise_march};
pub(crate) use collector::SpanCollector;
pub(crate) use counts::Counters;
pub use counts::PassbackCounts;
pub(crate) use gate::Gate;
pub use gate::PassbackGrant;
pub use limits::PassbackLimits;
pub(crate) use observed::{BoundedLinks, NewSpan, ObservedSpan};
pub use policy::{AttributeMatch, PassbackPolicy, SpanMatch};
pub use rate::PassbackRateLimit;
#[cfg(any(feature = "client", feature = "testing"))]
pub(crate) use request::OTEL_KEY;
pub use request::PassbackRequest;
pub(crate) use request::TRACES_KEY;
pub(crate) use scope::{Scope, ScopeGuard, Subject, own_scope};
#[cfg(feature = "bench-internals")]
pub(crate) use secrets::Net;
pub use secrets::{RedactError, Secrets, SecretsError};
pub(crate) use spot::Spot;
pub(crate) use value::{LONGEST_CHARACTER_BYTES, cut};
#[cfg(feature = "testing")]
pub(crate) use witness::{Kept, Seen, Witness, Witnessed};
