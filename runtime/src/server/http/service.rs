//! The MCP endpoint as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::combinators::BoxBody;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::task::TaskTracker;

use super::outgoing::complete;
use crate::instrument::{AmbientContext, Instrumented};
use crate::lane::Exit;

/// rmcp's Streamable HTTP service around an instrumented handler, with both
/// advertisements. Spans join the answers here, where those are bytes.
pub struct HttpService<H> {
    /// Shared: axum has a clone for each request, and rmcp's has lists in it.
    inner: Arc<StreamableHttpService<Instrumented<H>, LocalSessionManager>>,
    /// Who waits for requests in flight, if anybody does.
    in_flight: Option<TaskTracker>,
}

/// Serves an instrumented handler over Streamable HTTP, as a tower service for
/// a router of your own.
///
/// # Examples
///
/// ```
/// use glassbox::{Instrumented, http};
/// use rmcp::ServerHandler;
/// use rmcp::transport::StreamableHttpServerConfig;
///
/// struct Counter;
///
/// impl ServerHandler for Counter {}
///
/// let service = http::service(Instrumented::new(Counter), StreamableHttpServerConfig::default());
/// let router: axum::Router = axum::Router::new().route_service("/mcp", service);
/// ```
#[must_use]
pub fn service<H: ServerHandler>(
    handler: Instrumented<H>,
    config: StreamableHttpServerConfig,
) -> HttpService<H> {
    HttpService::new(handler, config, None)
}

impl<H: ServerHandler> HttpService<H> {
    pub(super) fn new(
        handler: Instrumented<H>,
        config: StreamableHttpServerConfig,
        in_flight: Option<TaskTracker>,
    ) -> Self {
        let sessions = Arc::new(LocalSessionManager::default());
        let inner = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
        Self {
            inner: Arc::new(inner),
            in_flight,
        }
    }
}

impl<H> Clone for HttpService<H> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            in_flight: self.in_flight.clone(),
        }
    }
}

impl<H> fmt::Debug for HttpService<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpService")
            .field("in_flight", &self.in_flight.as_ref().map(TaskTracker::len))
            .finish_non_exhaustive()
    }
}

impl<H, B> tower_service::Service<Request<B>> for HttpService<H>
where
    H: ServerHandler,
    B: http_body::Body<Data: Send, Error: fmt::Display> + Send + 'static,
{
    type Response = Response<BoxBody<Bytes, Infallible>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let (lane, exit) = Exit::new();
        request.extensions_mut().insert(lane);
        // A GET is a stream that stays open; only calls are waited for.
        let in_flight = self.in_flight.as_ref();
        let in_flight = in_flight.filter(|_| request.method() == Method::POST);
        let in_flight = in_flight.map(TaskTracker::token);
        let service = Arc::clone(&self.inner);
        Box::pin(async move {
            // Layers attach their context when the future is polled.
            let ambient = AmbientContext(opentelemetry::Context::current());
            request.extensions_mut().insert(ambient);
            Ok(complete(service.handle(request).await, exit, in_flight).await)
        })
    }
}
