//! Any rmcp server, observed: a SERVER span for each `tools/call`,
//! `resources/read` and `prompts/get`, and the spans of it in the answer.
//!
//! ```text
//! Instrumented   wraps a handler                          handler.rs, service.rs
//! Operation      what is called, as attributes            operation.rs
//! Recording      one request: root span, scope, answer    recording.rs
//! Answer         where telemetry goes in a result         answer.rs
//! Options        what the author decides                  options.rs
//! Telemetry      tracer, collector, resource              telemetry.rs, sampler.rs
//! ```

mod answer;
mod handler;
pub(crate) mod operation;
mod options;
mod recording;
mod sampler;
mod service;
mod telemetry;

pub use handler::Instrumented;
pub(crate) use options::PassbackOptions;
pub(crate) use recording::note_panic;
pub use service::ServiceHandler;
