//! The Gmail example.

pub mod client;
pub mod http;
pub mod server;
pub mod simulator;
