//! The identity provider against the RFCs it follows, and against rmcp's client.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod authorize;
mod discovery;
mod introspect;
mod page;
mod register;
mod rmcp_client;
mod support;
mod token;
