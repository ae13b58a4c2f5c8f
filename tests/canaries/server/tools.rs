//! Tools that plant secrets wherever an author, or a library, can.

use std::collections::BTreeMap;
use std::fmt;

use glassbox::http_client::{TracingMiddleware, UrlTemplate};
use glassbox::{ErrorType, ToolContext, ToolError, mcp_tool, phase};
use opentelemetry::trace::{
    Link, Span as _, SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};
use rmcp::ErrorData;
use serde_json::json;
use tracing::Instrument as _;

use crate::places::canary;
use crate::witness::{saw, saw_request};

/// What tools are given.
#[derive(Debug)]
pub struct Vault {
    /// Where to call.
    pub upstream: String,
    /// What to keep.
    pub secret: String,
}

/// Does everything that a tool does, and answers with nothing of it.
#[mcp_tool]
pub async fn work(
    vault: &Vault,
    context: &ToolContext,
    text: String,
    number: u64,
    within: BTreeMap<String, String>,
) -> Result<u32, ToolError> {
    saw((vault, &vault.secret, &text, number, &within));
    saw(std::env::vars().collect::<Vec<_>>());
    saw_request(context);
    let _ = context.report_progress(1.0, None).await;
    declare(context).await;
    others_on_the_current_span().await;
    others_with_spans_of_their_own();
    library().instrument(tracing::info_span!(target: "library", "library", field = canary("span of tracing: field"))).await;
    saw(canary("span of tracing: field"));
    let panics = async {
        let text = canary("panic of spawned work: text");
        saw(&text);
        burst("spawned", &text).await;
    };
    assert!(glassbox::spawn(panics).await.is_err());
    let _ = calls(&vault.upstream).await;
    Ok(0)
}

/// Declares attributes: some on purpose, some by mistake.
async fn declare(context: &ToolContext) {
    let public = canary("phase: attribute");
    let withheld = canary("phase: attribute to withhold");
    let hashed = canary("phase: attribute to hash");
    let redacted = canary("phase: attribute to redact");
    saw((&public, &withheld, &hashed, &redacted));
    declared(&public, &withheld, &hashed, &redacted).await;

    let hidden = canary("phase in a hidden span: attribute");
    saw(&hidden);
    hidden_with(&hidden).await;

    spill(&canary("secret named to the builder")).await;
    let learned = canary("secret learned during the call");
    assert!(glassbox::redact(&learned).is_ok());
    spill(&learned).await;
    let late = canary("secret learned after the span ended");
    spill(&late).await;
    assert!(glassbox::redact(&late).is_ok());

    let parts = context
        .request()
        .extensions
        .get::<axum::http::request::Parts>();
    for name in [
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-api-key",
    ] {
        let values = parts
            .into_iter()
            .flat_map(|parts| parts.headers.get_all(name));
        for value in values {
            spill(value.to_str().unwrap()).await;
        }
    }
}

#[phase("declared", phase.public = public.to_owned(), phase.withheld = withheld.to_owned(), phase.hashed = hashed.to_owned(), phase.redacted = redacted.to_owned())]
async fn declared(public: &str, withheld: &str, hashed: &str, redacted: &str) {
    tokio::task::yield_now().await;
}

#[phase("hidden")]
async fn hidden_with(hidden: &str) {
    below(hidden).await;
}

#[phase("below", phase.public = hidden.to_owned())]
async fn below(hidden: &str) {
    tokio::task::yield_now().await;
}

/// Panics in a phase.
#[phase("burst", burst.of = of)]
async fn burst(of: &'static str, text: &str) {
    tokio::task::yield_now().await;
    assert!(text.is_empty(), "{text}");
}

#[phase("spill", spilled = value.to_owned())]
async fn spill(value: &str) {
    saw(value);
    tokio::task::yield_now().await;
}

/// A link to another trace.
fn link(attribute: String, state: &str) -> (SpanContext, Vec<KeyValue>) {
    let state = TraceState::from_key_value([("vendor", state)]).unwrap();
    let context = SpanContext::new(
        TraceId::from(5),
        SpanId::from(5),
        TraceFlags::SAMPLED,
        true,
        state,
    );
    (context, vec![KeyValue::new("link.attribute", attribute)])
}

#[phase("current")]
async fn others_on_the_current_span() {
    let [key, value, name, status, event, attribute, linked] = [
        "current span: attribute key",
        "current span: attribute value",
        "current span: name",
        "current span: status",
        "current span: event",
        "current span: event's attribute",
        "current span: link's attribute",
    ]
    .map(canary);
    saw((&key, &value, &name, &status, &event, &attribute, &linked));
    let context = Context::current();
    let span = context.span();
    span.set_attribute(KeyValue::new(key, value));
    span.update_name(name);
    span.set_status(Status::error(status));
    span.add_event(event, vec![KeyValue::new("event.attribute", attribute)]);
    let (linked, attributes) = link(linked, "plain");
    span.add_link(linked, attributes);
    tokio::task::yield_now().await;
}

fn others_with_spans_of_their_own() {
    let [name, attribute, status, event, linked, state] = [
        "other span: name",
        "other span: attribute",
        "other span: status",
        "other span: event",
        "other span: link's attribute",
        "other span: link's tracestate",
    ]
    .map(canary);
    let [scope, version, scope_attribute] = [
        "other scope: name",
        "other scope: version",
        "other scope: attribute",
    ]
    .map(canary);
    saw((&name, &attribute, &status, &event, &linked, &state));
    saw((&scope, &version, &scope_attribute));
    let scope = InstrumentationScope::builder(scope)
        .with_version(version)
        .with_attributes([KeyValue::new("scope.attribute", scope_attribute)])
        .build();
    let tracer = global::tracer_provider().tracer_with_scope(scope);
    let (context, attributes) = link(linked, &state);
    let builder = tracer
        .span_builder(name)
        .with_links(vec![Link::new(context, attributes, 0)])
        .with_attributes([KeyValue::new("other.attribute", attribute)]);
    let mut span = tracer.build(builder);
    span.add_event(event, Vec::new());
    span.set_status(Status::error(status));
    span.end();
}

async fn library() {
    let field = canary("event of tracing: field");
    saw(&field);
    tracing::info!(target: "library", field, "an event");
    tokio::task::yield_now().await;
}

/// Calls the server further up in every way.
async fn calls(upstream: &str) -> Result<(), reqwest_middleware::Error> {
    let client = reqwest_middleware::ClientBuilder::new(support::http::client())
        .with(TracingMiddleware::new())
        .build();
    let host = upstream.trim_start_matches("http://");
    let url = format!(
        "http://user:{}@{host}/fine/{}?key={}",
        canary("upstream: user and password"),
        canary("upstream: path"),
        canary("upstream: query"),
    );
    let fine = client
        .post(url)
        .header("x-key", canary("upstream: request header"))
        .body(canary("upstream: request body"))
        .with_extension(UrlTemplate("/fine/{id}"))
        .send()
        .await?;
    saw(fine.headers());
    saw(fine
        .text()
        .await
        .map_err(reqwest_middleware::Error::Reqwest)?);
    let broken = client.get(format!("{upstream}/broken")).send().await?;
    saw(broken
        .text()
        .await
        .map_err(reqwest_middleware::Error::Reqwest)?);
    let moved = client.get(format!("{upstream}/moved")).send().await?;
    saw(moved.status());
    // Nobody listens there.
    let down = format!(
        "http://127.0.0.1:9/{}",
        canary("upstream: path of a host that is down")
    );
    let error = client.get(down).send().await.unwrap_err();
    saw(error);
    Ok(())
}

/// An error that says too much.
struct Talkative;

impl fmt::Display for Talkative {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&canary("tool's error: text"))
    }
}

impl fmt::Debug for Talkative {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&canary("tool's error: debug text"))
    }
}

impl std::error::Error for Talkative {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&Source)
    }
}

#[derive(Debug)]
struct Source;

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&canary("tool's error: source"))
    }
}

impl std::error::Error for Source {}

/// Is the error of a phase, and not of the tool.
struct Inside;

impl fmt::Debug for Inside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&canary("phase's error: text"))
    }
}

impl ErrorType for Inside {
    fn error_type(&self) -> &'static str {
        "inside"
    }
}

/// Learns the caller's password, and takes nothing else.
#[mcp_tool]
pub async fn leave(context: &ToolContext) -> u32 {
    saw_request(context);
    declare(context).await;
    0
}

#[phase("inside")]
async fn inside() -> Result<(), Inside> {
    Err(Inside)
}

/// Fails with an error.
#[mcp_tool]
pub async fn fail() -> Result<u32, ToolError> {
    saw(inside().await);
    saw((Talkative, Talkative.to_string(), Source.to_string()));
    #[phase("try")]
    std::future::ready(Err::<(), ToolError>(Talkative.into())).await?;
    Ok(0)
}

/// Asks for a JSON-RPC error.
#[mcp_tool]
pub async fn refuse() -> Result<u32, ErrorData> {
    let error = ErrorData::internal_error(
        canary("JSON-RPC error: text"),
        Some(json!({"why": canary("JSON-RPC error: data")})),
    );
    saw(&error);
    #[phase("try")]
    std::future::ready(Err::<(), _>(error)).await?;
    Ok(0)
}

/// Panics.
#[mcp_tool]
pub async fn explode() -> u32 {
    let text = canary("panic: text");
    saw(&text);
    burst("called", &text).await;
    0
}
