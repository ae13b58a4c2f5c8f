//! A server with every kind of tool.

use std::sync::Arc;

use glassbox::http_client::{TracingMiddleware, UrlTemplate};
use glassbox::{
    ErrorType, ResourceProvider, Server, ServerBuilder, ToolContext, ToolError, mcp_tool, phase,
};
use opentelemetry::KeyValue;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{Status, TraceContextExt as _};
use rmcp::ErrorData;
use rmcp::model::{
    ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use tokio::sync::{Barrier, Semaphore};

/// Name of the server, its `service.name`.
pub const NAME: &str = "test-server";

/// Where tools call out to.
#[derive(Debug, Clone)]
struct UpstreamUrl(String);

/// Lets a test hold calls until all of them are inside.
#[derive(Debug, Clone)]
struct Gate(Arc<Barrier>);

/// Is never opened: calls that wait for it wait until they are cancelled.
#[derive(Debug)]
struct Closed(Semaphore);

/// What an order is.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
struct Order {
    /// Number of the order.
    number: u32,
    /// What was ordered.
    items: Vec<String>,
}

#[derive(Debug)]
struct OutOfStock;

impl std::fmt::Display for OutOfStock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("sold out: the 17 copies of hunter2")
    }
}

impl ErrorType for OutOfStock {
    fn error_type(&self) -> &'static str {
        "out_of_stock"
    }
}

impl std::error::Error for OutOfStock {}

/// Places an order.
///
/// In three stages.
#[mcp_tool(title = "Order", destructive = false)]
async fn order(
    /// Number of the order
    #[arg(minimum = 1, maximum = 99)]
    number: u32,
    /// What to order
    #[arg(default = "tea")]
    item: String,
    /// A note for the cook
    note: Option<String>,
) -> Result<Order, ToolError> {
    #[phase("check", order.number = number, order.has_note = note.is_some())]
    let checked = check(number).await?;

    #[phase("store")]
    {
        write("header").await;
        write("body").await;
    }

    #[phase("format")]
    let order = Order {
        number: checked,
        items: vec![item],
    };
    Ok(order)
}

#[phase("lookup")]
async fn check(number: u32) -> Result<u32, OutOfStock> {
    tokio::task::yield_now().await;
    if number == 17 {
        Err(OutOfStock)
    } else {
        Ok(number)
    }
}

#[phase("write", part = part)]
async fn write(part: &str) {
    let _ = part;
    tokio::task::yield_now().await;
}

/// Adds without waiting for anything.
#[mcp_tool(read_only)]
#[must_use]
pub fn add(left: i64, right: i64) -> i64 {
    #[phase("sum")]
    let sum = left + right;
    sum
}

/// Fails with a text for the model.
#[mcp_tool]
async fn fail() -> Result<String, ToolError> {
    #[phase("attempt")]
    refuse().await?;
    Ok("never".to_owned())
}

async fn refuse() -> Result<(), ToolError> {
    Err(ToolError::new("the till is closed").with_type("closed"))
}

/// Asks for a JSON-RPC error.
#[mcp_tool]
async fn protocol_error() -> Result<String, ErrorData> {
    #[phase("try")]
    let error = ErrorData::internal_error("the backend is down", None);
    Err(error)
}

/// Panics inside a phase.
#[mcp_tool]
async fn explode() -> String {
    #[phase("fuse")]
    burn().await;
    String::new()
}

async fn burn() {
    tokio::task::yield_now().await;
    let empty: Vec<u8> = Vec::new();
    assert!(!empty.is_empty(), "secret: hunter2");
}

/// Calls the server further up.
#[mcp_tool]
async fn fetch(upstream: &UpstreamUrl, path: String) -> Result<u16, ToolError> {
    let client = reqwest_middleware::ClientBuilder::new(crate::http::client())
        .with(TracingMiddleware::new());
    let url = format!("{}{path}?key=hunter2", upstream.0);
    #[phase("upstream")]
    let response = client
        .build()
        .get(url)
        .with_extension(UrlTemplate("/{path}"))
        .send()
        .await?;
    Ok(response.status().as_u16())
}

/// Waits until as many calls are inside as the gate holds.
#[mcp_tool]
async fn meet(gate: &Gate, label: u32) -> u32 {
    #[phase("before", label = label)]
    tokio::task::yield_now().await;

    #[phase("inside", label = label)]
    {
        gate.0.wait().await;
        step(label).await;
    }
    label
}

#[phase("step", label = label)]
async fn step(label: u32) {
    let _ = label;
    tokio::task::yield_now().await;
}

/// Waits forever.
#[mcp_tool]
async fn hang(closed: &Closed, context: &ToolContext) -> String {
    #[phase("waiting")]
    let permit = closed.0.acquire().await;
    drop(permit);
    context.request_id().to_string()
}

/// Makes as many phases as it is told.
#[mcp_tool]
async fn many(count: u32) -> u32 {
    for _ in 0..count {
        step(1).await;
    }
    count
}

/// Does to its phase what other code may do to the current span.
#[mcp_tool]
async fn chatter() -> Result<u32, ToolError> {
    #[phase("talk", label = 0)]
    {
        let context = opentelemetry::Context::current();
        let span = context.span();
        span.update_name("hunter2");
        span.set_status(Status::error("hunter2"));
        for _ in 0..50 {
            span.set_attribute(KeyValue::new("label", "hunter2"));
            span.set_attribute(KeyValue::new("undeclared", "hunter2"));
            span.set_attribute(KeyValue::new("error.type", "hunter2"));
            span.set_attribute(KeyValue::new("http.request.method", "hunter2"));
            span.add_event("hunter2", vec![]);
            span.add_event("hunter2", vec![]);
        }
        std::future::ready(Err::<(), _>(ToolError::new("hunter2"))).await?;
    }
    Ok(0)
}

/// Has its phase renamed and ended by other code.
#[mcp_tool]
async fn hijack() -> u32 {
    #[phase("mine", label = 1)]
    {
        let context = opentelemetry::Context::current();
        let span = context.span();
        span.update_name("hunter2");
        span.set_attribute(KeyValue::new("label", "hunter2"));
        span.set_status(Status::error("hunter2"));
        span.end();
    }
    0
}

/// Fails in a phase within a phase, after many that do not.
#[mcp_tool]
async fn fail_late(count: u32) -> Result<u32, ToolError> {
    for _ in 0..count {
        step(1).await;
    }
    #[phase("last")]
    inner().await?;
    Ok(count)
}

#[phase("inner")]
async fn inner() -> Result<(), ToolError> {
    Err(ToolError::new("too late"))
}

/// Starts work that is not done when the call is.
#[mcp_tool]
async fn outlive() -> u32 {
    #[phase("start")]
    {
        let (started, wait) = tokio::sync::oneshot::channel();
        let work = async move {
            #[phase("late")]
            {
                let _ = started.send(());
                std::future::pending::<()>().await;
            }
        };
        tokio::spawn(work.with_current_context());
        drop(wait.await);
    }
    0
}

/// One resource, read in two phases.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Notes;

impl ResourceProvider for Notes {
    fn templates(&self) -> Vec<ResourceTemplate> {
        vec![ResourceTemplate::new("note://{id}", "note")]
    }

    async fn list(
        &self,
        _: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(vec![Resource::new(
            "note://1", "first",
        )]))
    }

    async fn read(&self, uri: &str, _: &ToolContext) -> Result<ReadResourceResult, ErrorData> {
        if uri != "note://1" {
            return Err(ErrorData::resource_not_found("there is no such note", None));
        }
        Ok(ReadResourceResult::new(vec![ResourceContents::text(
            load().await,
            uri,
        )]))
    }
}

#[phase("load")]
async fn load() -> String {
    write("page").await;
    "text of the note".to_owned()
}

/// The server, as a builder, with a gate that opens for `calls` calls.
pub fn builder(upstream: &str, calls: usize) -> ServerBuilder {
    builder_with_gate(upstream, Arc::new(Barrier::new(calls)))
}

/// The server, as a builder, with a gate of the test's own.
pub fn builder_with_gate(upstream: &str, gate: Arc<Barrier>) -> ServerBuilder {
    Server::builder(NAME, "1.2.3")
        .instructions("a server for tests")
        .inject(UpstreamUrl(upstream.to_owned()))
        .inject(Gate(gate))
        .inject(Closed(Semaphore::new(0)))
        .resources(Notes)
        .tool::<order>()
        .tool::<add>()
        .tool::<fail>()
        .tool::<protocol_error>()
        .tool::<explode>()
        .tool::<fetch>()
        .tool::<meet>()
        .tool::<hang>()
        .tool::<many>()
        .tool::<chatter>()
        .tool::<fail_late>()
        .tool::<hijack>()
        .tool::<outlive>()
}

/// The server.
#[must_use]
pub fn server() -> Server {
    builder("http://127.0.0.1:9", 1).build().unwrap()
}
