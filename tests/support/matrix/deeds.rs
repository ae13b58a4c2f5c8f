//! What a server of the matrix does, whichever way it is asked. One name each, and one value.

use std::sync::{Arc, OnceLock};

use glassbox::http_client::{TracingMiddleware, UrlTemplate};
use glassbox::{ErrorType, ToolError, phase};
use opentelemetry::KeyValue;
use opentelemetry::trace::{
    Span as _, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use serde_json::json;

/// What must not leave in a span.
pub const SECRET: &str = "hunter2";
/// A JSON-RPC code of the servers' own: the caller may not do this.
pub const FORBIDDEN: ErrorCode = ErrorCode(-32001);
/// How often a chatty deed says something.
pub const ROOM: usize = 50;

/// Where a resource is read that does a deed.
pub(super) fn uri(deed: &str, value: &str) -> String {
    format!("work://{deed}/{value}")
}

/// The deed and the value that a URI names.
pub(super) fn deed_of(uri: &str) -> Option<(&str, &str)> {
    uri.strip_prefix("work://")?.split_once('/')
}

/// Why a deed has failed.
pub(super) enum Failure {
    /// In words for the model, where there is a place for them.
    Told(ToolError),
    /// As a JSON-RPC error.
    Protocol(ErrorData),
    /// Nobody does this.
    Unknown,
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Told(error)
    }
}

impl From<ErrorData> for Failure {
    fn from(error: ErrorData) -> Self {
        Self::Protocol(error)
    }
}

/// What deeds are done with.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    upstream: String,
    /// The author's own way to make spans; there is one as soon as the server is instrumented.
    tracer: Arc<OnceLock<SdkTracer>>,
}

impl Work {
    pub(super) fn new(upstream: &str) -> Self {
        Self {
            upstream: upstream.to_owned(),
            tracer: Arc::default(),
        }
    }

    /// Makes spans with this provider from now on.
    pub(super) fn trace_with(&self, provider: &SdkTracerProvider) {
        self.tracer.get_or_init(|| provider.tracer("by hand"));
    }

    /// Does a deed.
    pub(super) async fn perform(&self, deed: &str, value: &str) -> Result<String, Failure> {
        match deed {
            "stages" => Ok(stages(value).await),
            "fail" => Ok(attempt().await?),
            "protocol_error" => Ok(attempt_in_vain(None).await?),
            "error_with_data" => Ok(attempt_in_vain(Some(json!({"retry": 7}))).await?),
            "error_with_text" => Ok(attempt_in_vain(Some(json!("try again"))).await?),
            "forbidden" => Ok(admit().await.map_err(|Forbidden| refusal())?),
            "explode" => Ok(burn().await),
            "fetch" => Ok(fetch(&self.upstream, value).await?),
            "many" => Ok(many(count(value)).await),
            "fail_late" => Ok(fail_late(count(value)).await?),
            "chatter" => Ok(talk().await?),
            "hijack" => Ok(mine().await),
            "echo" => Ok(echo(value).await),
            "by_hand" => Ok(self.by_hand()),
            "wait" => Ok(wait().await),
            _ => Err(Failure::Unknown),
        }
    }

    /// A span that the author makes, not a phase.
    fn by_hand(&self) -> String {
        if let Some(tracer) = self.tracer.get() {
            let mut span = tracer.start("by hand");
            span.set_attribute(KeyValue::new("label", SECRET));
            span.set_status(Status::error(SECRET));
        }
        "done".to_owned()
    }
}

fn count(value: &str) -> usize {
    value.parse().unwrap_or_default()
}

async fn stages(_private: &str) -> String {
    check(1).await;
    store().await;
    format_result().await
}

#[phase("check", order.number = number)]
async fn check(number: u32) {
    let _ = number;
    lookup().await;
}

#[phase("lookup")]
async fn lookup() {
    tokio::task::yield_now().await;
}

#[phase("store")]
async fn store() {
    write("header").await;
    write("body").await;
}

#[phase("write", part = part)]
async fn write(part: &str) {
    let _ = part;
    tokio::task::yield_now().await;
}

#[phase("format")]
async fn format_result() -> String {
    "done".to_owned()
}

#[phase("attempt")]
async fn attempt() -> Result<String, ToolError> {
    Err(ToolError::new("the till is closed").with_type("closed"))
}

async fn attempt_in_vain(data: Option<serde_json::Value>) -> Result<String, ErrorData> {
    lookup().await;
    Err(ErrorData::internal_error("the backend is down", data))
}

struct Forbidden;

impl ErrorType for Forbidden {
    fn error_type(&self) -> &'static str {
        "forbidden"
    }
}

/// Lets nobody in.
#[phase("auth.validate")]
async fn admit() -> Result<String, Forbidden> {
    tokio::task::yield_now().await;
    Err(Forbidden)
}

fn refusal() -> ErrorData {
    ErrorData::new(FORBIDDEN, "this is not for you", None)
}

#[phase("fuse")]
async fn burn() -> String {
    tokio::task::yield_now().await;
    let empty: Vec<u8> = Vec::new();
    assert!(!empty.is_empty(), "secret: {SECRET}");
    String::new()
}

#[phase("upstream")]
async fn fetch(upstream: &str, path: &str) -> Result<String, ToolError> {
    let client = reqwest_middleware::ClientBuilder::new(crate::http::client())
        .with(TracingMiddleware::new())
        .build();
    let response = client
        .get(format!("{upstream}/{path}?key={SECRET}"))
        .with_extension(UrlTemplate("/{path}"))
        .send()
        .await?;
    Ok(response.status().as_u16().to_string())
}

async fn many(count: usize) -> String {
    for _ in 0..count {
        step().await;
    }
    count.to_string()
}

#[phase("step")]
async fn step() {}

async fn fail_late(count: usize) -> Result<String, ToolError> {
    many(count).await;
    last().await
}

#[phase("last")]
async fn last() -> Result<String, ToolError> {
    inner().await
}

#[phase("inner")]
async fn inner() -> Result<String, ToolError> {
    Err(ToolError::new("too late"))
}

/// Does to its phase what other code may do to the current span.
#[phase("talk", label = 0)]
async fn talk() -> Result<String, ToolError> {
    let context = opentelemetry::Context::current();
    let span = context.span();
    span.update_name(SECRET);
    span.set_status(Status::error(SECRET));
    for _ in 0..ROOM {
        for key in ["label", "undeclared", "error.type", "http.request.method"] {
            span.set_attribute(KeyValue::new(key, SECRET));
        }
        span.add_event(SECRET, vec![]);
    }
    Err(ToolError::new(SECRET))
}

/// Has its phase renamed and ended by other code.
#[phase("mine", label = 1)]
async fn mine() -> String {
    let context = opentelemetry::Context::current();
    let span = context.span();
    span.update_name(SECRET);
    span.set_attribute(KeyValue::new("label", SECRET));
    span.set_status(Status::error(SECRET));
    span.end();
    "done".to_owned()
}

/// Publishes what it is given.
#[phase("echo", label = value)]
async fn echo(value: &str) -> String {
    let _ = value;
    "done".to_owned()
}

/// Waits until it is cancelled.
#[phase("waiting")]
async fn wait() -> String {
    std::future::pending().await
}
