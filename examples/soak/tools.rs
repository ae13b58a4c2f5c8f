//! The tools that are called. Every phase carries the number of its call.

use std::panic;

use glassbox::{BuildError, Server, ToolError, mcp_tool, phase};
use rmcp::ErrorData;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::calls::{Calls, Late};

/// The attribute that carries a call's number.
pub(crate) const NUMBER: &str = "soak.number";
/// Tasks of `scatter` that outlive their call.
pub(crate) const LATE_TASKS: u64 = 2;
/// Phases that `flood` makes: more than an answer may have.
pub(crate) const FLOOD_PHASES: u64 = 300;

/// What the panics of `explode` carry, so that they can be told from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned;

/// Panics, as planned.
#[expect(clippy::panic, reason = "to see what comes of it")]
pub(crate) fn explode_now() {
    panic::panic_any(Planned);
}

/// Works in a few phases.
#[mcp_tool]
async fn work(number: u64) -> String {
    #[phase("first", soak.number = number)]
    {
        step(number).await;
        step(number).await;
    }

    #[phase("second", soak.number = number)]
    tokio::task::yield_now().await;
    number.to_string()
}

#[phase("step", soak.number = number)]
async fn step(number: u64) {
    tokio::task::yield_now().await;
}

/// Fails with a text for the model.
#[mcp_tool]
async fn fail(number: u64) -> Result<String, ToolError> {
    #[phase("attempt", soak.number = number)]
    refused().await?;
    Ok(number.to_string())
}

async fn refused() -> Result<(), ToolError> {
    tokio::task::yield_now().await;
    Err(ToolError::new("closed").with_type("closed"))
}

/// Asks for a JSON-RPC error.
#[mcp_tool]
async fn refuse(number: u64) -> Result<String, ErrorData> {
    #[phase("try", soak.number = number)]
    tokio::task::yield_now().await;
    Err(ErrorData::internal_error("down", None))
}

/// Panics in a phase.
#[mcp_tool]
async fn explode(number: u64) -> String {
    #[phase("fuse", soak.number = number)]
    burn().await;
    number.to_string()
}

async fn burn() {
    tokio::task::yield_now().await;
    explode_now();
}

/// Waits until it is cancelled.
#[mcp_tool]
async fn hang(calls: &Calls, number: u64) -> String {
    #[phase("waiting", soak.number = number)]
    {
        let _inside = calls.enter(number);
        std::future::pending::<()>().await;
    }
    number.to_string()
}

/// Leaves work behind.
#[mcp_tool]
async fn scatter(calls: &Calls, number: u64) -> String {
    for _ in 0..LATE_TASKS {
        let (began, beginning) = oneshot::channel();
        let work = outlive(number, calls.outlive(), calls.gate(number), began);
        drop(glassbox::spawn(work));
        // Ends with the task, should it ever fail to begin.
        let _ = beginning.await;
    }
    number.to_string()
}

#[phase("late", soak.number = number)]
async fn outlive(number: u64, late: Late, gate: CancellationToken, began: oneshot::Sender<()>) {
    let _ = began.send(());
    gate.cancelled().await;
    drop(late);
}

/// Makes too many phases.
#[mcp_tool]
async fn flood(number: u64) -> String {
    for _ in 0..FLOOD_PHASES {
        step(number).await;
    }
    number.to_string()
}

/// The server.
pub(crate) fn server(calls: Calls) -> Result<Server, BuildError> {
    Server::builder("soak", env!("CARGO_PKG_VERSION"))
        .inject(calls)
        .tool::<work>()
        .tool::<fail>()
        .tool::<refuse>()
        .tool::<explode>()
        .tool::<hang>()
        .tool::<scatter>()
        .tool::<flood>()
        .build()
}

/// Keeps the planned panics off stderr.
pub(crate) fn silence_planned_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        if !panicked.payload().is::<Planned>() {
            usual(panicked);
        }
    }));
}
