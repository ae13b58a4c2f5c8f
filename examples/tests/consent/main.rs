//! Users who have to allow access to Gmail before a call can go on: what the server says, and what the agent does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod accounts;
mod agent;
mod foreign;
mod server;
mod support;
