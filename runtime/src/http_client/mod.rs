//! Outgoing HTTP calls as CLIENT spans of the phase they are made in.
//!
//! [`TracingMiddleware`] is a `reqwest-middleware` middleware. Inside a request
//! that is being recorded it makes a span for each outgoing call; in every
//! request it hands the caller's trace context on (`traceparent`,
//! `tracestate`), recorded or not.
//!
//! Baggage is not handed on unless asked for: it may hold what the caller meant
//! for this server only.
//!
//! # Examples
//!
//! ```
//! use glassbox::http_client::{TracingMiddleware, UrlTemplate};
//!
//! # async fn fetch(id: &str) -> Result<(), reqwest_middleware::Error> {
//! let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
//!     .with(TracingMiddleware::new())
//!     .build();
//! // The span is named `GET /messages/{id}`, and its URL has no query values.
//! let answer = client
//!     .get(format!("https://mail.example/messages/{id}?key=secret"))
//!     .with_extension(UrlTemplate("/messages/{id}"))
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```

mod middleware;
mod redact;

pub use middleware::{TracingMiddleware, UrlTemplate};
