//! The example's binary, as a person or a script meets it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod agent;
mod demo;
mod help;
mod serve;
mod sign_in;
mod support;
mod usage;
