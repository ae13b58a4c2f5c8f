//! One tool call as SEP-2448 has a client make it: a CLIENT span, its `traceparent`, and the flag that asks for spans.
//!
//! This is all that the agent and the demo know of MCP: they list tools, call one below a span of theirs, and get
//! [`Observed`].

mod error;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, TraceContextExt as _, TraceId, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, JsonObject, MetaObject, PaginatedRequestParams,
    RequestMetaObject, Tool,
};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt as _};
use serde_json::{Value, json};
use url::Url;

use self::error::{call_error, connect_error};
use crate::client::root_cause;
use crate::semconv::{
    ERROR_TOOL, EXECUTE_TOOL, GEN_AI_OPERATION_NAME, GEN_AI_TOOL_NAME, MCP_METHOD_NAME,
    MCP_PROTOCOL_VERSION, NETWORK_TRANSPORT, RPC_RESPONSE_STATUS_CODE, SERVER_ADDRESS, SERVER_PORT,
};
use crate::telemetry::{Telemetry, fail};

pub use self::error::CallError;

/// How long a call may take before the agent gives up.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the server may take to introduce itself, or to list its tools.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Pages of the list of tools that are read. Ours: a server may end its list never.
const MAX_PAGES: usize = 20;

/// How much of a call the agent asks to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "SEP-2448 has these three")]
pub enum Passback {
    /// Nothing: the call is one opaque span.
    Off,
    /// The server's root span and its phases.
    TopLevel,
    /// The whole tree.
    Detailed,
}

/// A connection to an MCP server.
#[derive(Debug)]
pub struct McpClient {
    service: RunningService<RoleClient, ()>,
    url: Url,
    telemetry: Telemetry,
}

/// What a call brought back.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// The tool's result.
    pub result: CallToolResult,
    /// How long the call took, on the agent's clock.
    pub duration: Duration,
    /// The trace of the call, whose other spans [`Telemetry`] has.
    pub trace_id: TraceId,
    /// The server's spans, exactly as it sent them; `None` if it sent none.
    pub server_spans: Option<Value>,
    /// How many spans the server says it held back.
    pub held_back: u64,
}

impl McpClient {
    /// Connects to a server over Streamable HTTP, and records its calls in `telemetry`.
    ///
    /// # Errors
    ///
    /// [`CallError::NotListening`], [`CallError::Unreachable`], [`CallError::NotMcp`], or [`CallError::Refused`] if the
    /// server refuses to be connected to.
    pub async fn connect(url: &Url, telemetry: &Telemetry) -> Result<Self, CallError> {
        let unreachable = |reason: String| CallError::Unreachable {
            url: url.clone(),
            reason,
        };
        // No connection is used twice: one whose last answer was not read to its end stalls the next by 40 ms.
        let http = crate::http::client(url).pool_max_idle_per_host(0).build();
        let http = http.map_err(|error| unreachable(root_cause(&error)))?;
        let config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
        let transport = StreamableHttpClientTransport::with_client(http, config);
        match tokio::time::timeout(CONNECT_TIMEOUT, ().serve(transport)).await {
            Ok(Ok(service)) => Ok(Self {
                service,
                url: url.clone(),
                telemetry: telemetry.clone(),
            }),
            Ok(Err(error)) => Err(connect_error(url, error)),
            Err(_) => Err(unreachable(format!(
                "no answer within {} s",
                CONNECT_TIMEOUT.as_secs()
            ))),
        }
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
    ///
    /// # Errors
    ///
    /// [`CallError`]. A tool that failed (`isError`) is a result, not an error.
    pub async fn call(
        &self,
        parent: &Context,
        tool: &str,
        arguments: JsonObject,
        passback: Passback,
    ) -> Result<Observed, CallError> {
        let started = Instant::now();
        let context = self.start_span(parent, tool);
        let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        params.meta = Some(request_meta(&context, passback));
        let answer = tokio::time::timeout(CALL_TIMEOUT, self.service.call_tool(params)).await;
        let answer = match answer {
            Ok(answer) => answer.map_err(call_error),
            Err(_) => Err(CallError::TimedOut(CALL_TIMEOUT)),
        };
        let duration = started.elapsed();
        end_span(&context, &answer);
        let result = answer?;
        let traces = result
            .meta
            .as_ref()
            .and_then(|meta| meta.get("otel")?.get("traces"));
        Ok(Observed {
            server_spans: traces
                .and_then(|traces| Some(json!({"resourceSpans": traces.get("resourceSpans")?}))),
            held_back: traces
                .and_then(|traces| traces.get("droppedSpanCount")?.as_u64())
                .unwrap_or(0),
            result,
            duration,
            trace_id: context.span().span_context().trace_id(),
        })
    }

    /// Ends the session.
    pub async fn close(self) {
        // The server forgets a session that nobody closes, too.
        let _ = self.service.cancel().await;
    }

    /// The span of a call, named and attributed by the MCP conventions of OpenTelemetry.
    fn start_span(&self, parent: &Context, tool: &str) -> Context {
        let tracer = self.telemetry.tracer();
        let mut attributes = vec![
            KeyValue::new(MCP_METHOD_NAME, "tools/call"),
            KeyValue::new(GEN_AI_OPERATION_NAME, EXECUTE_TOOL),
            KeyValue::new(GEN_AI_TOOL_NAME, tool.to_owned()),
            KeyValue::new(NETWORK_TRANSPORT, "tcp"),
        ];
        attributes.extend(server_attributes(&self.url));
        attributes.extend(
            self.service
                .peer_info()
                .map(|info| KeyValue::new(MCP_PROTOCOL_VERSION, info.protocol_version.to_string())),
        );
        let span = tracer
            .span_builder(format!("tools/call {tool}"))
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
            .start_with_context(&tracer, parent);
        parent.with_span(span)
    }
}

/// Which server a CLIENT span is about.
pub(crate) fn server_attributes(url: &Url) -> impl Iterator<Item = KeyValue> {
    let address = url
        .host_str()
        .map(|host| KeyValue::new(SERVER_ADDRESS, host.to_owned()));
    let port = url
        .port_or_known_default()
        .map(|port| KeyValue::new(SERVER_PORT, i64::from(port)));
    address.into_iter().chain(port)
}

fn request_meta(context: &Context, passback: Passback) -> RequestMetaObject {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(context, &mut carrier);
    let carrier = carrier.into_iter().filter(|(_, value)| !value.is_empty());
    let mut meta: MetaObject = carrier
        .map(|(key, value)| (key, value.into()))
        .collect::<JsonObject>()
        .into();
    if passback != Passback::Off {
        let detailed = passback == Passback::Detailed;
        meta.insert(
            "otel".to_owned(),
            json!({"traces": {"request": true, "detailed": detailed}}),
        );
    }
    RequestMetaObject(meta)
}

fn end_span(context: &Context, answer: &Result<CallToolResult, CallError>) {
    match answer {
        Ok(result) if result.is_error == Some(true) => fail(context, ERROR_TOOL),
        Ok(_) => {}
        Err(error) => {
            fail(context, error.error_type());
            if let CallError::Refused { code, .. } = error {
                let code = KeyValue::new(RPC_RESPONSE_STATUS_CODE, code.to_string());
                context.span().set_attribute(code);
            }
        }
    }
    context.span().end();
}
