//! What surrounds a request on the server becomes a link.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use glassbox::{Instrumented, http, phase};
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use rmcp::handler::server::tool::ToolRouter;
use rmcp::model::{ServerCapabilities, ServerConfig};
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::{ServerHandler, tool, tool_handler, tool_router};
use serde_json::json;
use support::tree::span;
use support::wire::{Client, ask, ask_under};

use crate::{Backend, PARENT, TRACE, traceparent};

#[derive(Clone)]
struct Counter {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Counter {
    #[tool(description = "Counts")]
    async fn count(&self) -> String {
        step().await;
        "1".to_owned()
    }
}

#[phase("step")]
async fn step() {}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Counter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// The span of an HTTP server's own instrumentation.
fn http_span() -> SpanContext {
    SpanContext::new(
        TraceId::from(7),
        SpanId::from(8),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    )
}

async fn serve(backend: &Backend) -> String {
    let handler = Counter {
        tool_router: Counter::tool_router(),
    };
    let handler = Instrumented::new(handler).telemetry(backend.options());
    let service = http::service(handler, StreamableHttpServerConfig::default());
    let layer = from_fn(async |request: Request, next: Next| {
        let context = Context::new().with_remote_span_context(http_span());
        next.run(request).with_context(context).await
    });
    let router = Router::new().route_service("/mcp", service).layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn an_ambient_http_span_is_a_link_of_the_exported_span() {
    let backend = Backend::new();
    let mut client = Client::stateless(&serve(&backend).await);
    for meta in [
        json!({"traceparent": traceparent(true)}),
        ask_under(&traceparent(true)),
    ] {
        client.call("count", json!({}), meta).await;
        let exported = backend.take();
        let root = &exported[1];
        assert_eq!(root.span_context.trace_id().to_string(), TRACE);
        assert_eq!(root.parent_span_id.to_string(), PARENT);
        let links: Vec<_> = root.links.iter().map(|link| &link.span_context).collect();
        assert_eq!(links, [&http_span()]);
        assert!(exported[0].links.is_empty());
    }
}

#[tokio::test]
async fn without_a_traceparent_the_ambient_http_span_is_the_parent() {
    let backend = Backend::new();
    let mut client = Client::stateless(&serve(&backend).await);
    let answer = client.call("count", json!({}), ask(true)).await;
    assert_eq!(
        span(&answer, "tools/call count")["parentSpanId"],
        http_span().span_id().to_string()
    );
    let exported = backend.take();
    assert_eq!(exported[1].parent_span_id, http_span().span_id());
    assert!(exported[1].links.is_empty());
}
