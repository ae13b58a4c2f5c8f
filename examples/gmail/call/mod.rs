//! The MCP server, as the agent and the demo see it: its tools, and calls of them that ask for spans.

mod error;

use std::time::{Duration, Instant};

use glassbox::PassbackRequest;
use glassbox::client::{Client, Endpoint, Lift, Outcome};
use glassbox::forward::Forwarder;
use glassbox::ingest::IngestReport;
use glassbox::otlp::{OtlpPayload, Span};
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::TraceId;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, JsonObject, PaginatedRequestParams, Tool,
};
use rmcp::service::RunningService;
use rmcp::{RoleClient, ServiceExt as _};
use url::Url;

use self::error::{call_error, connect_error};
use crate::client::root_cause;
use crate::telemetry::Telemetry;

pub use self::error::CallError;

/// How long a call may take before the agent gives up.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the server may take to introduce itself, or to list its tools.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Pages of the list of tools that are read. Ours: a server may end its list never.
const MAX_PAGES: usize = 20;

/// A connection to an MCP server.
#[derive(Debug)]
pub struct McpClient {
    service: RunningService<RoleClient, ()>,
    client: Client,
}

/// What a call brought back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Observed {
    /// The tool's result.
    pub result: Result<CallToolResult, CallError>,
    /// How long the call took, on the agent's clock.
    pub duration: Duration,
    /// The trace of the call, whose other spans [`Telemetry`] has.
    pub trace_id: TraceId,
    /// The server's spans that were accepted.
    pub server_spans: Vec<Span>,
    /// The same, exactly as the server sent them.
    pub payload: Option<OtlpPayload>,
    /// What was received, accepted and refused.
    pub report: IngestReport,
    /// Whether the server says that it returns spans. It may do so without a word.
    pub is_advertised: bool,
}

impl McpClient {
    /// Connects to a server over Streamable HTTP, and records its calls in `telemetry`.
    ///
    /// # Errors
    ///
    /// [`CallError::NotListening`], [`CallError::Unreachable`], [`CallError::NotMcp`], or [`CallError::Refused`] if the
    /// server refuses to be connected to.
    pub async fn connect(
        url: &Url,
        telemetry: &Telemetry,
        forwarder: Option<&Forwarder>,
    ) -> Result<Self, CallError> {
        let unreachable = |reason: String| CallError::Unreachable {
            url: url.clone(),
            reason,
        };
        // No connection is used twice: one whose last answer was not read to its end stalls the next by 40 ms.
        let http = crate::http::client(url).pool_max_idle_per_host(0).build();
        let http = http.map_err(|error| unreachable(root_cause(&error)))?;
        let lift = Lift::new();
        let connecting = ().serve(lift.http(http, url.as_str()));
        let service = match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(service)) => service,
            Ok(Err(error)) => return Err(connect_error(url, error)),
            Err(_) => {
                return Err(unreachable(format!(
                    "no answer within {} s",
                    CONNECT_TIMEOUT.as_secs()
                )));
            }
        };
        let mut client = Client::new(service.peer().clone())
            .with_lift(lift)
            .with_tracer_provider(telemetry.provider())
            .with_timeout(CALL_TIMEOUT);
        if let Some(endpoint) = Endpoint::of_url(url.as_str()) {
            client = client.with_endpoint(endpoint);
        }
        if let Some(forwarder) = forwarder {
            client = client.with_forwarder(forwarder.clone());
        }
        Ok(Self { service, client })
    }

    /// The server's tools, over all pages up to the 20th.
    ///
    /// # Errors
    ///
    /// [`CallError`], if a page could not be had.
    pub async fn tools(&self) -> Result<Vec<Tool>, CallError> {
        let pages = async {
            let mut tools = Vec::new();
            let mut cursor = None;
            for _ in 0..MAX_PAGES {
                let params = PaginatedRequestParams::default().with_cursor(cursor);
                let page = self.service.list_tools(Some(params)).await;
                let page = page.map_err(call_error)?;
                tools.extend(page.tools);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            Ok(tools)
        };
        tokio::time::timeout(CONNECT_TIMEOUT, pages)
            .await
            .map_err(|_| CallError::TimedOut(CONNECT_TIMEOUT))?
    }

    /// Calls a tool below the span of `parent` (or in a trace of its own), and asks for the server's spans.
    pub async fn call(
        &self,
        parent: &Context,
        tool: &str,
        arguments: JsonObject,
        passback: PassbackRequest,
    ) -> Observed {
        let started = Instant::now();
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let client = self.client.clone().with_passback(passback);
        let call = client.call_tool(params).with_context(parent.clone());
        let is_advertised = client.advertised().any();
        Observed::new(call.await, started.elapsed(), is_advertised)
    }

    /// Ends the session.
    pub async fn close(self) {
        // The server forgets a session that nobody closes, too.
        let _ = self.service.cancel().await;
    }
}

impl Observed {
    fn new(outcome: Outcome<CallToolResult>, duration: Duration, is_advertised: bool) -> Self {
        Self {
            duration,
            trace_id: outcome.span_context().trace_id(),
            server_spans: outcome.server_spans().to_vec(),
            payload: outcome.payload().cloned(),
            report: outcome.report().clone(),
            is_advertised,
            result: outcome.into_result().map_err(call_error),
        }
    }
}
