//! An rmcp server that was there before: one line adopts passback (`Instrumented::new`), and nothing else changes.
//!
//! `cargo run --example adopt_rmcp` serves standard input and output.

use std::error::Error;

use glassbox::{Instrumented, phase};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ServerHandler, ServiceExt as _, schemars, tool, tool_handler, tool_router};
use serde::Deserialize;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct Sum {
    /// What is added up
    numbers: Vec<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Calculator;

#[tool_router]
impl Calculator {
    /// Adds numbers up
    #[tool]
    async fn sum(&self, Parameters(Sum { numbers }): Parameters<Sum>) -> String {
        add(&numbers).to_string()
    }
}

#[tool_handler(name = "calculator", version = "1.0.0")]
impl ServerHandler for Calculator {}

/// Optional: with phases, the answer shows more than the call as a whole.
#[phase("calculator.add", calculator.count = numbers.len())]
fn add(numbers: &[i64]) -> i64 {
    numbers
        .iter()
        .fold(0, |sum, number| sum.saturating_add(*number))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Instrumented::new(Calculator); // before: `let server = Calculator;`
    server
        .serve(rmcp::transport::stdio())
        .await?
        .waiting()
        .await?;
    Ok(())
}
