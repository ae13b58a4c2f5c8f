//! The wire contract of SEP-2448: one test a rule, named after it, over every
//! transport, with raw JSON.

mod client;
mod documented;
mod security;
mod server;
