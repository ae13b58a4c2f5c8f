//! A server with one tool of each kind.

use std::sync::Arc;
use std::time::Duration;

use glassbox::{
    InRequestExt as _, ResourceProvider, Server, ServerBuilder, ToolContext, ToolError, mcp_tool,
    phase,
};
use opentelemetry::trace::{Status, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::SdkTracerProvider;
use rmcp::ErrorData;
use rmcp::model::{
    CallToolResult, ListResourcesResult, MetaObject, ReadResourceResult, ResourceContents,
};
use tokio::sync::{Notify, OnceCell};

/// The server's own provider, for spans that Glassbox does not make.
#[derive(Default)]
pub(crate) struct Provider(pub(crate) OnceCell<SdkTracerProvider>);

/// Adds up the lines of an order.
#[mcp_tool(read_only)]
async fn total(lines: Vec<u32>) -> Result<u32, ToolError> {
    #[phase("load", order.lines = lines.len())]
    let lines = std::future::ready(lines).await;

    #[phase("add")]
    let total = lines.iter().sum();
    Ok(total)
}

/// Does all that may not leave unless somebody says so.
#[mcp_tool]
async fn careless(provider: &Arc<Provider>) -> Result<String, ToolError> {
    untidy(&provider.0.get().unwrap().clone()).await?;
    Ok("done".to_owned())
}

#[phase("untidy", customer.id = 7, note = "a b ")]
async fn untidy(provider: &SdkTracerProvider) -> Result<(), ToolError> {
    let context = Context::current();
    let span = context.span();
    span.set_attribute(KeyValue::new("user.email", "ada@example.org"));
    span.set_attribute(KeyValue::new("db.query.text", "SELECT 1"));
    span.add_event("cache.miss", vec![KeyValue::new("key", "ada@example.org")]);
    span.add_link(context.span().span_context().clone(), Vec::new());
    span.set_status(Status::error("ada@example.org is unknown"));
    span.update_name("untidy ada@example.org");
    let scope = InstrumentationScope::builder("sqlx")
        .with_version("9")
        .with_attributes([KeyValue::new("tenant", "ada")])
        .build();
    let tracer = provider.tracer_with_scope(scope);
    for name in ["query", "query", "pool.get", "fraud.check"] {
        let below = Context::current_with_span(tracer.start(name));
        below
            .span()
            .set_attribute(KeyValue::new("db.query.text", "SELECT 2"));
        let _inner = tracer.start_with_context("inner", &below);
    }
    Err(ToolError::new("no such customer: ada@example.org").with_type("unknown_customer"))
}

/// Sleeps for an hour.
#[mcp_tool]
async fn nap() -> u8 {
    #[phase("sleep")]
    tokio::time::sleep(Duration::from_secs(3600)).await;
    0
}

/// Never ends.
#[mcp_tool]
async fn hang(reached: &Arc<Notify>) -> u8 {
    struct Dropped<'a>(&'a Notify);
    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    reached.notify_one();
    let _dropped = Dropped(reached);
    std::future::pending().await
}

/// Panics.
#[mcp_tool]
fn explode() -> u8 {
    panic!("on purpose")
}

/// Leaves a span open.
#[mcp_tool]
async fn outlive() -> u8 {
    #[phase("outlived")]
    async fn work(started: tokio::sync::oneshot::Sender<()>) {
        started.send(()).unwrap();
        std::future::pending::<()>().await;
    }
    let (started, wait) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(work(started).in_request());
    wait.await.unwrap();
    task.abort();
    0
}

/// Does the same thing often, all at once.
#[mcp_tool]
async fn fan_out(parts: Vec<String>) -> usize {
    let work = parts.into_iter().map(|part| async move {
        let name = part.clone();
        #[phase("part", part.name = name)]
        async fn one(name: String) {
            tokio::task::yield_now().await;
            drop(name);
        }
        one(name).await;
    });
    futures_util::future::join_all(work).await.len()
}

/// Says how far it is, and asks the client for its roots.
#[mcp_tool]
async fn talk(context: &ToolContext) -> String {
    context.report_progress(1.0, Some(2.0)).await.unwrap();
    let answer = context
        .peer()
        .send_request(rmcp::model::ServerRequest::PingRequest(
            rmcp::model::PingRequest::default(),
        ));
    answer.await.unwrap_err().to_string()
}

/// Says in its own `_meta` what it is not asked for.
#[mcp_tool]
async fn forge(otel: serde_json::Value) -> CallToolResult {
    let mut result = CallToolResult::success(Vec::new());
    let mut meta = MetaObject::new();
    meta.insert("otel".to_owned(), otel);
    result.meta = Some(meta);
    result
}

/// One note.
pub(crate) struct Notes;

impl ResourceProvider for Notes {
    async fn list(
        &self,
        _: Option<&str>,
        _: &ToolContext,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::default())
    }

    async fn read(&self, uri: &str, _: &ToolContext) -> Result<ReadResourceResult, ErrorData> {
        match uri {
            "note://1" => Ok(ReadResourceResult::new(vec![ResourceContents::text(
                "text", uri,
            )])),
            "note://odd" => Err(ErrorData::internal_error(
                "odd",
                Some("not an object".into()),
            )),
            _ => Err(ErrorData::resource_not_found("no such note", None)),
        }
    }
}

/// The server, for tests that add options.
pub(crate) fn builder() -> (ServerBuilder, Arc<Provider>) {
    builder_with(Arc::new(Notify::new()))
}

/// The same, whose tool `hang` tells when it is there, and when it is dropped.
pub(crate) fn builder_with(notify: Arc<Notify>) -> (ServerBuilder, Arc<Provider>) {
    let provider = Arc::new(Provider::default());
    let builder = Server::builder("shop", "1.0.0")
        .inject(Arc::clone(&provider))
        .inject(notify)
        .resources(Notes)
        .tool::<total>()
        .tool::<careless>()
        .tool::<nap>()
        .tool::<hang>()
        .tool::<explode>()
        .tool::<outlive>()
        .tool::<fan_out>()
        .tool::<talk>()
        .tool::<forge>();
    (builder, provider)
}

/// Builds it, so that tools can make spans of their own.
pub(crate) fn build((builder, provider): (ServerBuilder, Arc<Provider>)) -> Server {
    let server = builder.build().unwrap();
    provider.0.set(server.tracer_provider()).unwrap();
    server
}

pub(crate) fn server() -> Server {
    build(builder())
}
