//! Calls a server for a long time, in every way a call can go, and checks that nothing is left behind.
//!
//! `cargo run --release --example soak` makes a million calls; `-- --help` says what it does and what can be set.

mod bare;
mod calls;
mod check;
mod cli;
mod host;
mod lane;
mod memory;
mod plan;
mod report;
mod run;
mod tally;
mod tools;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run().await
}
