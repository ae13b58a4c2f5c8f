//! Any rmcp server, observed: a SERVER span for each `tools/call`,
//! `resources/read` and `prompts/get`, and the spans of it in the answer.
//!
//! ```text
//! Instrumented      wraps a handler                           instrumented.rs, handler.rs, service.rs
//! TelemetryOptions  beside the author's own telemetry         options.rs
//! PassbackOptions   what may leave, and who gets it           passback_options.rs
//! Operation         what is called, as attributes             operation.rs
//! Observation       one request: root span, scope, answer     recording.rs
//! AmbientContext    what surrounds a request                  ambient.rs
//! EarlierStage      what ran before the request had a span    stage.rs
//! Answer            where telemetry goes in a result          answer.rs
//! Telemetry         tracer, collector, policy, limits         telemetry.rs, sampler.rs
//! Tee               one recording for answers and export      export.rs
//! SessionEnd        when a session is over                    session.rs
//! Metrics           how long calls and sessions take          metrics.rs
//! ```

mod ambient;
mod answer;
mod export;
mod handler;
mod instrumented;
mod metrics;
pub(crate) mod operation;
mod options;
mod passback_options;
mod recording;
mod sampler;
mod service;
mod session;
mod stage;
mod telemetry;

#[cfg(feature = "http-server")]
pub(crate) use ambient::AmbientContext;
pub use instrumented::Instrumented;
pub use options::{TelemetryMode, TelemetryOptions};
pub(crate) use passback_options::PassbackOptions;
pub(crate) use recording::note_failure;
pub use service::ServiceHandler;
pub(crate) use session::SessionEnd;
#[cfg(feature = "auth")]
pub(crate) use stage::{EarlierStage, StageTimer};
