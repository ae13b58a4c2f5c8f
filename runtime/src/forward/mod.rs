//! Forwarding spans to OTLP/HTTP receivers, none lost silently.
//!
//! A [`Forwarder`] takes payloads, the spans that servers passed back or the process's own, and sends them to one or
//! more [`Sink`]s. Handing over never waits and never fails. Behind each sink there is a task and a bounded queue of its
//! own, so a receiver that is down holds up nobody.
//!
//! - **Unmodified.** A request is payloads side by side: no span is rewritten, no resource is mixed with another
//!   (SEP-2448 C03, C05). As protobuf they are converted, field by field.
//! - **Retried.** What OTLP/HTTP calls retryable, lost connections and missing answers are tried again, with growing
//!   waits and as `Retry-After` says. A refused request is parted until the payload at fault is alone.
//! - **Bounded.** What comes when a queue is full is lost: the newest, so that a flood cannot push out what was taken
//!   before, and what was taken is delivered in order.
//! - **Counted.** Every span is in one number of the [`ForwardReport`], and a loss has a reason. The first one of a sink
//!   is logged.
//! - **Kept.** With a [spool](ForwarderBuilder::spool), what is undelivered at the end is sent by the next run. Delivery
//!   is then at least once: what was on its way at the end may arrive twice, under the same ids.
//! - **Quiet.** Forwarding itself is never traced.
//!
//! For `https` URLs, enable a TLS feature of `reqwest`, or give the sink a client.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//!
//! use glassbox::forward::{Forwarder, Sink};
//! use opentelemetry_sdk::trace::SdkTracerProvider;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! # let client = reqwest::Client::builder().build()?;
//! let sink = Sink::from_base_url("http://localhost:4318")?;
//! # let sink = sink.with_client(client);
//! let forwarder = Forwarder::builder().sink(sink).start()?;
//! // The process's own spans go the same way.
//! let provider = SdkTracerProvider::builder()
//!     .with_batch_exporter(forwarder.exporter())
//!     .build();
//!
//! // ... forwarder.forward(payload) ...
//!
//! provider.shutdown()?;
//! let report = forwarder.shutdown(Duration::from_secs(5)).await;
//! assert_eq!(report.to_string(), "no spans for http://localhost:4318");
//! # Ok(())
//! # }
//! ```

mod answer;
mod backlog;
mod builder;
mod encode;
mod env;
mod exporter;
mod forwarder;
mod protobuf;
mod queue;
mod report;
mod retry;
mod sink;
mod spool;
mod transport;
mod worker;

pub use builder::{ForwarderBuilder, StartError};
pub use exporter::ForwardExporter;
pub use forwarder::Forwarder;
pub use report::{ForwardReport, LostSpans, SinkReport};
pub use sink::{Encoding, Sink, SinkError};
