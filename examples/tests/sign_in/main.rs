//! Signing in, over sockets: a server that asks for it, an identity provider, and an agent whose browser is a test.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod answers;
mod cache;
mod renewal;
mod support;
