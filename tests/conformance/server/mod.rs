//! Server rules S01 to S18, for tools and resources of a server of ours, and for tools, resources and prompts of a
//! wrapped rmcp server, over every transport.

mod asking;
mod bare;
mod context;
mod errors;
mod privacy;
mod shape;
mod volume;

use serde_json::Value;
use support::matrix::{self, Case, Setup};
use support::wire::ask_under;

const STDIO: &str = env!("CARGO_BIN_EXE_stdio_server");
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00f067aa0ba902b7";

/// Runs a test for every case of the matrix.
async fn everywhere(setup: &Setup, test: impl AsyncFn(&mut Case)) {
    matrix::everywhere(STDIO, setup, test).await;
}

/// `_meta` that asks for all spans under a caller's span, sampled or not.
fn sampled(flag: bool) -> Value {
    ask_under(&format!("00-{TRACE}-{PARENT}-0{}", u8::from(flag)))
}

/// Whatever an answer carries in the place of telemetry.
fn telemetry(answer: &Value) -> Option<&Value> {
    answer
        .pointer("/result/_meta/otel")
        .or_else(|| answer.pointer("/error/data/_meta"))
}
