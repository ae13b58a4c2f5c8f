//! The Gmail example: run it without arguments for the demo, with `--help` for everything else.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    gmail_example::cli::run().await
}
