//! The client: calls that ask for spans.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{SpanContext, TracerProvider};
use opentelemetry::{Context, KeyValue};
use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResponse, CallToolResult, ClientRequest,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, RequestMetaObject,
};
use rmcp::service::{Peer, ServiceError};

use super::advertised::Advertised;
use super::endpoint::Endpoint;
use super::lift::{self, Lift, Refusal, Telemetry};
use super::outcome::Outcome;
use super::request;
use super::span::{CallSpan, instrumentation_scope};
use crate::ingest::{Ingest, Ingested, RejectReason};
use crate::passback::PassbackRequest;
use crate::uri::without_credentials;
use crate::{propagation, semconv};

/// Characters of a server's error message that the CLIENT span's status keeps. Ours.
const MAX_MESSAGE_CHARS: usize = 256;

/// Calls tools and reads resources of a server, and takes in the spans it returns.
///
/// Wraps any rmcp client peer, over any transport. Cheap to clone; a clone with another
/// [`with_passback`](Self::with_passback) asks one call for something else.
///
/// Each call gets a CLIENT span, a child of the current OpenTelemetry context, whose context goes to the server in
/// `_meta` (SEP-414). Whether the server advertises passback is not relied on (SEP-2448 C01).
///
/// # Privacy
///
/// `traceparent`, `tracestate` and the context's `baggage` go to the server; [`with_baggage`](Self::with_baggage) keeps
/// the latter.
#[derive(Debug, Clone)]
pub struct Client {
    peer: Peer<RoleClient>,
    passback: PassbackRequest,
    tracer: Arc<BoxedTracer>,
    ingest: Ingest,
    endpoint: Option<Endpoint>,
    service_name: Option<String>,
    lift: Option<Lift>,
    with_baggage: bool,
    timeout: Option<Duration>,
    #[cfg(feature = "forward")]
    forwarder: Option<crate::forward::Forwarder>,
}

impl Client {
    /// A client that asks for the top level of spans, with the global tracer provider.
    #[must_use]
    pub fn new(peer: Peer<RoleClient>) -> Self {
        Self {
            peer,
            passback: PassbackRequest::TopLevel,
            tracer: Arc::new(global::tracer_with_scope(instrumentation_scope())),
            ingest: Ingest::new(),
            endpoint: None,
            service_name: None,
            lift: None,
            with_baggage: true,
            timeout: None,
            #[cfg(feature = "forward")]
            forwarder: None,
        }
    }

    /// Sets what calls ask for (default: [`PassbackRequest::TopLevel`], as SEP-2448 S08 has it).
    #[must_use]
    pub fn with_passback(mut self, passback: PassbackRequest) -> Self {
        self.passback = passback;
        self
    }

    /// Sets who records the CLIENT spans (default: the global tracer provider, as it is when the client is made).
    #[must_use]
    pub fn with_tracer_provider<P>(mut self, provider: &P) -> Self
    where
        P: TracerProvider,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as opentelemetry::trace::Tracer>::Span: Send + Sync + 'static,
    {
        let tracer = provider.tracer_with_scope(instrumentation_scope());
        self.tracer = Arc::new(BoxedTracer::new(Box::new(tracer)));
        self
    }

    /// Sets how returned spans are checked (default: [`Ingest::new`]).
    ///
    /// Clients of several servers in one process should share one (clones share what they remember), so
    /// that no server can claim the spans of another.
    #[must_use]
    pub fn with_ingest(mut self, ingest: Ingest) -> Self {
        self.ingest = ingest;
        self
    }

    /// Sets where the server is, for the CLIENT span (default: not said).
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Sets what the caller is called in [`Outcome::tree`] (default: nothing). Exported spans carry the tracer
    /// provider's own resource.
    #[must_use]
    pub fn with_service_name(mut self, name: impl Into<String>) -> Self {
        self.service_name = Some(name.into());
        self
    }

    /// Names the lift below the peer's transport, which saw what rmcp's types have no place for: the March
    /// advertisement.
    #[must_use]
    pub fn with_lift(mut self, lift: Lift) -> Self {
        self.lift = Some(lift);
        self
    }

    /// Sets whether the context's baggage goes to the server (default: yes, as SEP-414 has it).
    #[must_use]
    pub fn with_baggage(mut self, with_baggage: bool) -> Self {
        self.with_baggage = with_baggage;
        self
    }

    /// Sets how long a call may take (default: as long as it takes). Then it is cancelled, and the outcome is
    /// [`ServiceError::Timeout`].
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Hands accepted spans on by itself (default: nobody gets them but the [`Outcome`]).
    #[cfg(feature = "forward")]
    #[must_use]
    pub fn with_forwarder(mut self, forwarder: crate::forward::Forwarder) -> Self {
        self.forwarder = Some(forwarder);
        self
    }

    /// The peer below.
    #[must_use]
    pub fn peer(&self) -> &Peer<RoleClient> {
        &self.peer
    }

    /// What the server said of passback. To be shown; calls do not depend on it (SEP-2448 C01).
    #[must_use]
    pub fn advertised(&self) -> Advertised {
        let info = self.peer.peer_info();
        let capabilities = info.as_ref().map(|info| &info.capabilities);
        Advertised::new(capabilities, self.lift.as_ref())
    }

    /// Calls a tool.
    ///
    /// An answer that is not a result yet (input required, a task) is [`ServiceError::UnexpectedResponse`] here, as in
    /// rmcp; [`call_tool_once`](Self::call_tool_once) returns it. A tool that failed (`isError`) is a result.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it tells the server that the request is cancelled, and the CLIENT span says so.
    pub async fn call_tool(&self, params: CallToolRequestParams) -> Outcome<CallToolResult> {
        self.call_tool_once(params)
            .await
            .and_then(|response| match response {
                CallToolResponse::Complete(result) => Ok(result),
                _ => Err(ServiceError::UnexpectedResponse),
            })
    }

    /// Calls a tool once, whatever kind of answer comes.
    ///
    /// # Cancel safety
    ///
    /// As [`call_tool`](Self::call_tool).
    pub async fn call_tool_once(
        &self,
        mut params: CallToolRequestParams,
    ) -> Outcome<CallToolResponse> {
        let name = params.name.clone();
        let mut span = self.start(
            format!("tools/call {name}"),
            vec![
                KeyValue::new(semconv::MCP_METHOD_NAME, "tools/call"),
                KeyValue::new(semconv::GEN_AI_OPERATION_NAME, semconv::EXECUTE_TOOL),
                KeyValue::new(semconv::GEN_AI_TOOL_NAME, name.into_owned()),
            ],
        );
        self.ask(&span, &mut params.meta);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let answer = request::send(&self.peer, request, |id| {
            span.set(KeyValue::new(semconv::JSONRPC_REQUEST_ID, id.to_string()));
        });
        let answer = self.in_time(answer).await;
        let mut result = answer.and_then(request::call_tool_response);
        let telemetry = match &mut result {
            Ok(CallToolResponse::Complete(result)) => {
                if result.is_error == Some(true) {
                    span.fail(semconv::ERROR_TOOL, String::new());
                }
                lift::take(&mut result.meta)
            }
            Ok(CallToolResponse::InputRequired(result)) => lift::take(&mut result.meta),
            Ok(CallToolResponse::Task(result)) => lift::take(&mut result.meta),
            Ok(_) => None,
            Err(error) => failed(&mut span, error),
        };
        self.finish(span, result, telemetry)
    }

    /// Reads a resource.
    ///
    /// rmcp may answer from its cache: then there is no request, and the spans of the request that filled the cache are
    /// refused as [`RejectReason::AlreadyIngested`].
    ///
    /// # Cancel safety
    ///
    /// As [`call_tool`](Self::call_tool).
    pub async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
    ) -> Outcome<ReadResourceResult> {
        self.read_resource_once(params)
            .await
            .and_then(|response| match response {
                ReadResourceResponse::Complete(result) => Ok(result),
                _ => Err(ServiceError::UnexpectedResponse),
            })
    }

    /// Reads a resource once, whatever kind of answer comes.
    ///
    /// # Cancel safety
    ///
    /// As [`call_tool`](Self::call_tool).
    pub async fn read_resource_once(
        &self,
        mut params: ReadResourceRequestParams,
    ) -> Outcome<ReadResourceResponse> {
        let mut span = self.start(
            "resources/read".to_owned(),
            vec![
                KeyValue::new(semconv::MCP_METHOD_NAME, "resources/read"),
                KeyValue::new(
                    semconv::MCP_RESOURCE_URI,
                    without_credentials(&params.uri).into_owned(),
                ),
            ],
        );
        self.ask(&span, &mut params.meta);
        let mut result = self.in_time(self.peer.read_resource_once(params)).await;
        let telemetry = match &mut result {
            Ok(ReadResourceResponse::Complete(result)) => lift::take(&mut result.meta),
            Ok(ReadResourceResponse::InputRequired(result)) => lift::take(&mut result.meta),
            Ok(_) => None,
            Err(error) => failed(&mut span, error),
        };
        self.finish(span, result, telemetry)
    }

    fn start(&self, name: String, mut attributes: Vec<KeyValue>) -> CallSpan {
        attributes.extend(self.endpoint.iter().flat_map(Endpoint::attributes));
        if let Some(info) = self.peer.peer_info() {
            attributes.push(KeyValue::new(
                semconv::MCP_PROTOCOL_VERSION,
                info.protocol_version.to_string(),
            ));
        }
        let parent = Context::current();
        let span = CallSpan::start(&self.tracer, &parent, name, attributes);
        self.ingest.remember_own(&span.span_context());
        span
    }

    /// Dropping a request cancels it.
    async fn in_time<T>(
        &self,
        request: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, ServiceError> {
        let Some(timeout) = self.timeout else {
            return request.await;
        };
        tokio::time::timeout(timeout, request)
            .await
            .unwrap_or(Err(ServiceError::Timeout { timeout }))
    }

    /// Puts the context and the flag into `_meta`, beside what is there.
    fn ask(&self, span: &CallSpan, meta: &mut Option<RequestMetaObject>) {
        let meta = meta.get_or_insert_default();
        propagation::inject(span.context(), &mut meta.0, self.with_baggage);
        self.passback.write_to(&mut meta.0);
    }

    fn finish<T>(
        &self,
        span: CallSpan,
        result: Result<T, ServiceError>,
        telemetry: Option<Telemetry>,
    ) -> Outcome<T> {
        let span_context = span.span_context();
        let client_span = span.end(self.service_name.as_deref());
        let ingested = self.take_in(telemetry, &span_context);
        #[cfg(feature = "forward")]
        if let (Some(forwarder), Some(payload)) = (&self.forwarder, ingested.payload()) {
            forwarder.forward(payload.clone());
        }
        Outcome::new(result, client_span, span_context, ingested)
    }

    fn take_in(&self, telemetry: Option<Telemetry>, caller: &SpanContext) -> Ingested {
        match telemetry {
            None => Ingested::default(),
            Some(Telemetry::Text(text)) if self.passback == PassbackRequest::Off => {
                self.ingest.refuse(RejectReason::NotAsked, text.len())
            }
            Some(Telemetry::Text(text)) => self.ingest.read(&text, caller),
            Some(Telemetry::Refused { reason, bytes }) => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                self.ingest.refuse(reject_reason(reason), bytes)
            }
        }
    }
}

fn reject_reason(refusal: Refusal) -> RejectReason {
    match refusal {
        Refusal::TooLarge => RejectReason::TooLarge,
        Refusal::NotUtf8 | Refusal::Ambiguous => RejectReason::Malformed,
    }
}

/// Marks the span, and takes the telemetry out of a JSON-RPC error (SEP-2448 S15).
fn failed(span: &mut CallSpan, error: &mut ServiceError) -> Option<Telemetry> {
    match error {
        ServiceError::McpError(error) => {
            let code = error.code.0;
            span.set(KeyValue::new(
                semconv::RPC_RESPONSE_STATUS_CODE,
                code.to_string(),
            ));
            span.fail(code.to_string(), bounded(&error.message));
            lift::take_from_error(error)
        }
        error => {
            span.fail(error_class(error), String::new());
            None
        }
    }
}

/// The beginning of a server's message: it stands in a span of ours.
fn bounded(message: &str) -> String {
    message.chars().take(MAX_MESSAGE_CHARS).collect()
}

/// The class of a call without an answer; never its text, which may quote anything.
fn error_class(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::Timeout { .. } => "timeout",
        ServiceError::TransportSend(_) => "transport",
        ServiceError::TransportClosed => "transport_closed",
        ServiceError::Cancelled { .. } => semconv::ERROR_CANCELLED,
        ServiceError::UnexpectedResponse => "unexpected_response",
        _ => semconv::ERROR_OTHER,
    }
}
