//! Telemetry is cut out of raw answers, before rmcp decodes them.

mod captured;
mod counts;
mod envelope;
mod key;
mod meta;
mod scan;
mod value;

pub use counts::LiftCounts;
pub use envelope::Refusal;
