//! Telemetry is cut out of raw answers, before rmcp decodes them.
//!
//! rmcp parses `_meta` together with the result. Telemetry that is too large,
//! nested too deeply, or holds a number or a string that serde_json refuses,
//! therefore takes the result of the tool with it. A [`Lift`] gives transports
//! that scan the bytes of an answer on their way to rmcp: brackets and strings,
//! no tree, no recursion, no memory beyond a bound. In `result._meta` and
//! `error.data._meta`
//!
//! - the value of `otel` becomes one JSON string, `{"lifted": "..", "bytes": 1}`,
//!   or `{"refused": "too_large", "bytes": 1}`, which rmcp decodes blindly;
//! - other members stay, byte for byte, unless rmcp could not decode them or
//!   they are over a bound: then they are left out and counted;
//! - a `_meta` that is no object, or a second one, counts as telemetry: of one
//!   of them, its text is lifted; of several texts, none is.
//!
//! `_meta` is written behind the other members of what holds it.
//!
//! Everything else passes as it came, also what is not JSON: rmcp says what is
//! wrong with it. What `params` and the parts of a result hold under `_meta` is
//! not touched. [`take`] and [`take_from_error`] take the telemetry out of the
//! decoded answer, whether it was lifted or came over a transport of others.
//!
//! Nothing here judges the telemetry: its text is handed on exactly as it was
//! written (SEP-2448 C03), within the bound (C04).
//!
//! # Examples
//!
//! ```no_run
//! use glassbox::client::lift::{self, Lift, Telemetry};
//! use rmcp::{ServiceExt, model::CallToolRequestParams};
//!
//! # async fn call() -> Result<(), Box<dyn std::error::Error>> {
//! let lift = Lift::new();
//! let http = reqwest::Client::new();
//! let client = ().serve(lift.http(http, "http://127.0.0.1:8000/mcp")).await?;
//! let mut result = client
//!     .call_tool(CallToolRequestParams::new("list_emails"))
//!     .await?;
//! if let Some(Telemetry::Text(text)) = lift::take(&mut result.meta) {
//!     println!("{} bytes of telemetry", text.len());
//! }
//! println!("{}", lift.counts());
//! # Ok(())
//! # }
//! ```

mod captured;
mod counts;
mod envelope;
mod events;
mod handle;
mod http;
mod key;
mod meta;
mod reader;
mod scan;
mod take;
mod value;

pub use counts::LiftCounts;
pub use envelope::Refusal;
pub use handle::{DEFAULT_MAX_TELEMETRY_BYTES, Lift, StdioTransport};
pub use http::LiftingHttpClient;
pub use reader::LiftingReader;
pub use take::{Telemetry, take, take_from_error};
