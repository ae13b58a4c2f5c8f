//! The consumer's side: calls that ask for spans, and what comes back.
//!
//! [`lift`] takes telemetry out of answers before rmcp decodes them, so that
//! nothing a server sends as telemetry costs the caller the result.

pub mod lift;
