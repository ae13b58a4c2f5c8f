//! The consumer's side: calls that ask for spans, and what comes back.
//!
//! [`Client`] wraps an rmcp peer: each call gets a CLIENT span, carries its context and the flag in `_meta`, and brings
//! back an [`Outcome`]: the result as it was sent, and beside it the spans that an [`Ingest`](crate::ingest::Ingest)
//! accepted, with a report of what it did not.
//!
//! [`lift`] goes below the peer's transport: it takes telemetry out of answers before rmcp decodes them, so that nothing
//! a server sends as telemetry costs the caller the result. A peer without it works too, within rmcp's own limits.
//!
//! It does not retry, and it does not drive calls of several rounds: each round is a call with a span of its own
//! ([`Client::call_tool_once`]).

mod advertised;
mod caller;
mod endpoint;
pub mod lift;
mod outcome;
mod request;
mod span;
#[cfg(test)]
mod tests;

pub use advertised::Advertised;
pub use caller::Client;
pub use endpoint::Endpoint;
pub use lift::Lift;
pub use outcome::Outcome;
