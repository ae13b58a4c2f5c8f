//! One tool call as SEP-2448 has a client make it: a CLIENT span, its `traceparent`, and the flag that asks for spans.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use glassbox::render::printable;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, JsonObject, MetaObject, RequestMetaObject,
};
use rmcp::service::{ClientInitializeError, RunningService, ServiceError};
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransportConfig, StreamableHttpError,
};
use rmcp::transport::{DynamicTransportError, StreamableHttpClientTransport};
use rmcp::{RoleClient, ServiceExt as _};
use serde_json::{Value, json};
use url::Url;

use crate::client::{chain, root_cause};
use crate::screen::cut;

type HttpError = StreamableHttpError<reqwest::Error>;

/// What the agent calls itself: the `service.name` of its spans.
pub const SERVICE_NAME: &str = "mcp-gmail-agent";

/// How long a call may take before the agent gives up.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the server may take to introduce itself.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Columns of an answer that is not MCP, as it is quoted.
const MAX_ANSWER: usize = 100;

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

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody listens there.
    #[error("cannot reach an MCP server at {url}: connection refused")]
    NotListening {
        /// Where it should be.
        url: Url,
    },
    /// There was no connection, or no answer to it.
    #[error("cannot reach an MCP server at {url}: {reason}")]
    Unreachable {
        /// Where it should be.
        url: Url,
        /// Why.
        reason: String,
    },
    /// Somebody answered, but not as an MCP server does.
    #[error("no MCP server answers at {url}: {reason}")]
    NotMcp {
        /// Where it should be.
        url: Url,
        /// What came instead.
        reason: String,
    },
    /// The server refused the call with a JSON-RPC error.
    #[error("the server refused the call: {0}")]
    Refused(String),
    /// The connection was lost while the call ran.
    #[error("the call failed: {0}")]
    Failed(String),
    /// The call took too long.
    #[error("the server did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
}

/// A connection to an MCP server.
#[derive(Debug)]
pub struct McpClient {
    service: RunningService<RoleClient, ()>,
    url: Url,
}

/// What a call brought back.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// The tool's result.
    pub result: CallToolResult,
    /// How long the call took, on the agent's clock.
    pub duration: Duration,
    /// The agent's own span, as OTLP JSON.
    pub own_spans: Value,
    /// The server's spans, exactly as it sent them; `None` if it sent none.
    pub server_spans: Option<Value>,
    /// How many spans the server says it held back.
    pub held_back: u64,
}

impl McpClient {
    /// Connects to a server over Streamable HTTP.
    ///
    /// # Errors
    ///
    /// [`CallError::NotListening`], [`CallError::Unreachable`], [`CallError::NotMcp`], or [`CallError::Refused`] if the
    /// server refuses to be connected to.
    pub async fn connect(url: &Url) -> Result<Self, CallError> {
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
            }),
            Ok(Err(error)) => Err(connect_error(url, error)),
            Err(_) => Err(unreachable(format!(
                "no answer within {} s",
                CONNECT_TIMEOUT.as_secs()
            ))),
        }
    }

    /// Calls a tool, and asks for the server's spans.
    ///
    /// # Errors
    ///
    /// [`CallError`]. A tool that failed (`isError`) is a result, not an error.
    pub async fn call(
        &self,
        tool: &'static str,
        arguments: JsonObject,
        passback: Passback,
    ) -> Result<Observed, CallError> {
        let span = ClientSpan::start();
        let mut params = CallToolRequestParams::new(tool).with_arguments(arguments);
        params.meta = Some(request_meta(&span, passback));
        let answer = tokio::time::timeout(CALL_TIMEOUT, self.service.call_tool(params)).await;
        let result = answer
            .map_err(|_| CallError::TimedOut(CALL_TIMEOUT))?
            .map_err(call_error)?;
        let duration = span.started.elapsed();
        let own_spans = span.end(tool, &self.url, duration, result.is_error == Some(true));
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
            own_spans,
        })
    }

    /// Ends the session.
    pub async fn close(self) {
        // The server forgets a session that nobody closes, too.
        let _ = self.service.cancel().await;
    }
}

fn request_meta(span: &ClientSpan, passback: Passback) -> RequestMetaObject {
    let mut meta = MetaObject::default();
    meta.insert("traceparent".to_owned(), span.traceparent().into());
    if passback != Passback::Off {
        let detailed = passback == Passback::Detailed;
        meta.insert(
            "otel".to_owned(),
            json!({"traces": {"request": true, "detailed": detailed}}),
        );
    }
    RequestMetaObject(meta)
}

fn call_error(error: ServiceError) -> CallError {
    match error {
        ServiceError::McpError(error) => CallError::Refused(error.message.into_owned()),
        ServiceError::TransportSend(error) => CallError::Failed(match transport_error(&error) {
            Transport::Refused => "connection refused".to_owned(),
            Transport::Failed(reason) | Transport::Answered(reason) => reason,
        }),
        error => CallError::Failed(root_cause(&error)),
    }
}

/// Why there is no connection: rmcp's own text names its types, and not the reason.
fn connect_error(url: &Url, error: ClientInitializeError) -> CallError {
    let url = url.clone();
    let not_mcp = |reason: &str| CallError::NotMcp {
        url: url.clone(),
        reason: reason.to_owned(),
    };
    match error {
        ClientInitializeError::TransportError { error, .. } => match transport_error(&error) {
            Transport::Refused => CallError::NotListening { url },
            Transport::Failed(reason) => CallError::Unreachable { url, reason },
            Transport::Answered(reason) => not_mcp(&reason),
        },
        ClientInitializeError::JsonRpcError(error) => {
            CallError::Refused(error.message.into_owned())
        }
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            not_mcp("it has no protocol version in common with this client")
        }
        ClientInitializeError::ConnectionClosed(_) => not_mcp("the connection was closed"),
        _ => not_mcp("its answer is not MCP"),
    }
}

/// What went wrong under a request.
enum Transport {
    /// Nobody listens.
    Refused,
    /// There was no answer.
    Failed(String),
    /// The answer was not one that the protocol allows.
    Answered(String),
}

fn transport_error(error: &DynamicTransportError) -> Transport {
    let Some(error) = error.error.downcast_ref::<HttpError>() else {
        return Transport::Failed("the connection failed".to_owned());
    };
    match error {
        HttpError::Client(error) => {
            let tls = chain(error).find_map(|error| error.downcast_ref::<rustls::Error>());
            let is_refused = chain(error)
                .filter_map(|error| error.downcast_ref::<io::Error>())
                .any(|error| error.kind() == io::ErrorKind::ConnectionRefused);
            if is_refused {
                Transport::Refused
            } else if let Some(tls) = tls {
                Transport::Failed(match tls {
                    rustls::Error::InvalidMessage(_) => {
                        "the server does not speak TLS; is it http:// instead of https://?"
                            .to_owned()
                    }
                    tls => format!("TLS failed: {tls}"),
                })
            } else {
                Transport::Failed(root_cause(error))
            }
        }
        // "HTTP 404 Not Found: " and the beginning of the body
        HttpError::UnexpectedServerResponse(text) => {
            let text = text.trim_end_matches([':', ' ', '\n']);
            Transport::Answered(cut(&printable(text), MAX_ANSWER))
        }
        HttpError::HttpStatus(error) => Transport::Answered(error.to_string()),
        HttpError::AuthRequired(_) => Transport::Answered("HTTP 401 Unauthorized".to_owned()),
        HttpError::InsufficientScope(_) => Transport::Answered("HTTP 403 Forbidden".to_owned()),
        HttpError::UnexpectedContentType(_) => {
            Transport::Answered("its answer is neither JSON nor an event stream".to_owned())
        }
        HttpError::Deserialize(_) => Transport::Answered("its answer is not MCP".to_owned()),
        error => Transport::Failed(root_cause(error)),
    }
}

/// The agent's own span of a call.
struct ClientSpan {
    trace_id: u128,
    span_id: u64,
    started_at: Duration,
    started: Instant,
}

impl ClientSpan {
    fn start() -> Self {
        Self {
            trace_id: u128::from(random()) << 64 | u128::from(random()),
            span_id: random(),
            started_at: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            started: Instant::now(),
        }
    }

    fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-01", self.trace_id, self.span_id)
    }

    /// The span as OTLP JSON, named and attributed by the MCP conventions of OpenTelemetry.
    fn end(&self, tool: &str, url: &Url, duration: Duration, failed: bool) -> Value {
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let mut attributes = vec![
            text("mcp.method.name", "tools/call"),
            text("gen_ai.operation.name", "execute_tool"),
            text("gen_ai.tool.name", tool),
            text("network.transport", "tcp"),
        ];
        attributes.extend(url.host_str().map(|host| text("server.address", host)));
        attributes
            .extend(url.port_or_known_default().map(
                |port| json!({"key": "server.port", "value": {"intValue": port.to_string()}}),
            ));
        attributes.extend(failed.then(|| text("error.type", "tool_error")));
        json!({"resourceSpans": [{
            "resource": {"attributes": [text("service.name", SERVICE_NAME)]},
            "scopeSpans": [{"scope": {"name": "gmail-example"}, "spans": [{
                "traceId": format!("{:032x}", self.trace_id),
                "spanId": format!("{:016x}", self.span_id),
                "name": format!("tools/call {tool}"),
                "kind": 3,
                "startTimeUnixNano": self.started_at.as_nanos().to_string(),
                "endTimeUnixNano": (self.started_at + duration).as_nanos().to_string(),
                "attributes": attributes,
                "status": if failed { json!({"code": 2}) } else { json!({}) },
            }]}],
        }]})
    }
}

/// A random number other than zero: what a hash map seeds itself with is as good as an id needs.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8).max(1)
}
