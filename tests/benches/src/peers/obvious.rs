//! What one would write today: spans of the SDK or of `tracing`, kept by a span processor, and put into the answer with
//! `opentelemetry-proto` and `serde_json`.

use std::sync::{Arc, LazyLock};

use opentelemetry::context::FutureExt as _;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SimpleSpanProcessor};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, tool, tool_handler, tool_router};
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::collector::Collector;
use super::encode::{self, Asked};
use super::exporter::Discard;
use super::work::{self, Arguments};
use super::{sdk, traced};

static ROUTER: LazyLock<ToolRouter<Obvious>> = LazyLock::new(Obvious::tool_router);

/// A server whose author does all by hand.
#[derive(Clone, Debug)]
pub struct Obvious(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tracer: SdkTracer,
    /// Where spans that are asked for are kept, unless it only exports.
    collector: Option<Collector>,
    spans: Spans,
    resource: ResourceAttributesWithSchema,
    propagator: TraceContextPropagator,
}

/// What spans are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spans {
    Sdk,
    Tracing,
}

impl Obvious {
    /// Returns spans of the SDK.
    #[must_use]
    pub fn with_sdk() -> Self {
        Self::collecting(Spans::Sdk)
    }

    /// Returns spans of `tracing`.
    #[must_use]
    pub fn with_tracing() -> Self {
        let server = Self::collecting(Spans::Tracing);
        traced::subscribe(server.0.tracer.clone());
        server
    }

    /// Exports spans of the SDK, and returns none.
    #[must_use]
    pub fn exporting() -> Self {
        let provider = SdkTracerProvider::builder()
            .with_resource(encode::sdk_resource())
            .with_span_processor(SimpleSpanProcessor::new(Discard))
            .build();
        Self::new(&provider, None, Spans::Sdk)
    }

    fn collecting(spans: Spans) -> Self {
        let collector = Collector::default();
        let provider = SdkTracerProvider::builder()
            .with_resource(encode::sdk_resource())
            .with_span_processor(collector.clone())
            .build();
        Self::new(&provider, Some(collector), spans)
    }

    fn new(provider: &SdkTracerProvider, collector: Option<Collector>, spans: Spans) -> Self {
        Self(Arc::new(Inner {
            tracer: provider.tracer("mail"),
            collector,
            spans,
            resource: encode::resource(),
            propagator: TraceContextPropagator::new(),
        }))
    }

    /// Runs a tool below a root span, and returns what was asked for.
    async fn called(
        &self,
        tool: &'static str,
        request: &RequestContext<RoleServer>,
        work: impl Future<Output = String>,
    ) -> CallToolResult {
        let Inner {
            tracer,
            collector,
            spans,
            resource,
            propagator,
        } = &*self.0;
        let parent = propagator.extract(&Carrier(&request.meta));
        let version = request
            .protocol_version()
            .map(|version| version.to_string());
        let version = version.unwrap_or_default();
        let root = match spans {
            Spans::Sdk => {
                let attributes = [
                    KeyValue::new("mcp.method.name", "tools/call"),
                    KeyValue::new("mcp.protocol.version", version),
                    KeyValue::new("gen_ai.operation.name", "execute_tool"),
                    KeyValue::new("gen_ai.tool.name", tool),
                    KeyValue::new("jsonrpc.request.id", request.id.to_string()),
                    KeyValue::new("network.transport", "tcp"),
                    KeyValue::new("network.protocol.name", "http"),
                    KeyValue::new("network.protocol.version", "1.1"),
                ];
                let span = tracer
                    .span_builder(format!("tools/call {tool}"))
                    .with_kind(SpanKind::Server)
                    .with_attributes(attributes)
                    .start_with_context(tracer, &parent);
                Root::Sdk(parent.with_span(span))
            }
            Spans::Tracing => {
                let span = tracing::info_span!(
                    "tools/call",
                    otel.name = format!("tools/call {tool}"),
                    otel.kind = "server",
                    mcp.method.name = "tools/call",
                    mcp.protocol.version = version,
                    gen_ai.operation.name = "execute_tool",
                    gen_ai.tool.name = tool,
                    jsonrpc.request.id = request.id.to_string(),
                    network.transport = "tcp",
                    network.protocol.name = "http",
                    network.protocol.version = "1.1",
                );
                span.set_parent(parent).unwrap();
                Root::Tracing(span)
            }
        };
        let asked = Asked::of(&request.meta);
        let collector = collector.as_ref().filter(|_| asked != Asked::Nothing);
        let id = root.context().span().span_context().span_id();
        if let Some(collector) = collector {
            collector.open(id);
        }
        let text = match root {
            Root::Sdk(context) => {
                let text = work.with_context(context.clone()).await;
                context.span().end();
                text
            }
            Root::Tracing(span) => work.instrument(span).await,
        };
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        let spans = collector.map(|collector| collector.close(id));
        result.meta = spans.map(|spans| encode::meta(spans, id, asked, resource));
        result
    }
}

/// The span of a call.
enum Root {
    Sdk(Context),
    Tracing(tracing::Span),
}

impl Root {
    fn context(&self) -> Context {
        match self {
            Self::Sdk(context) => context.clone(),
            Self::Tracing(span) => span.context(),
        }
    }
}

#[tool_router]
impl Obvious {
    /// List recent emails
    #[tool]
    async fn list_emails(
        &self,
        Parameters(arguments): Parameters<Arguments>,
        request: RequestContext<RoleServer>,
    ) -> CallToolResult {
        let work = async {
            match self.0.spans {
                Spans::Sdk => sdk::list(&self.0.tracer, arguments.messages).await,
                Spans::Tracing => traced::list(arguments.messages).await,
            }
        };
        self.called("list_emails", &request, work).await
    }

    /// Says that it is there
    #[tool]
    async fn ping(&self, request: RequestContext<RoleServer>) -> CallToolResult {
        self.called("ping", &request, async { work::shown(0) })
            .await
    }
}

#[tool_handler(router = ROUTER, name = "mail", version = "1.0.0")]
impl ServerHandler for Obvious {}

struct Carrier<'a>(&'a MetaObject);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
