//! The Gmail example.

pub mod http;
pub mod simulator;
