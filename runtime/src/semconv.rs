//! Span names, attribute keys and values of the OpenTelemetry GenAI / MCP
//! conventions that Glassbox writes, in one place.
//!
//! Keys come from `opentelemetry-semantic-conventions`, except those of GenAI
//! and MCP: they have moved to a repository of their own
//! (`open-telemetry/semantic-conventions-genai`) that has no crate yet.

pub(crate) use opentelemetry_semantic_conventions::attribute::{
    CLIENT_ADDRESS, CLIENT_PORT, ERROR_TYPE, JSONRPC_REQUEST_ID, NETWORK_PROTOCOL_NAME,
    NETWORK_PROTOCOL_VERSION, NETWORK_TRANSPORT, RPC_RESPONSE_STATUS_CODE,
};
#[cfg(feature = "http-client")]
pub(crate) use opentelemetry_semantic_conventions::attribute::{
    HTTP_REQUEST_METHOD, HTTP_REQUEST_RESEND_COUNT, HTTP_RESPONSE_STATUS_CODE, URL_FULL,
    URL_TEMPLATE,
};
#[cfg(any(feature = "client", feature = "http-client"))]
pub(crate) use opentelemetry_semantic_conventions::attribute::{SERVER_ADDRESS, SERVER_PORT};

/// What a GenAI operation does.
pub(crate) const GEN_AI_OPERATION_NAME: &str = "gen_ai.operation.name";
/// The arguments of a tool call, as JSON text.
#[cfg(feature = "analysis")]
pub(crate) const GEN_AI_TOOL_CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
/// The tool that is called.
pub(crate) const GEN_AI_TOOL_NAME: &str = "gen_ai.tool.name";
/// The prompt that is asked for.
pub(crate) const GEN_AI_PROMPT_NAME: &str = "gen_ai.prompt.name";
/// The MCP method.
pub(crate) const MCP_METHOD_NAME: &str = "mcp.method.name";
/// The MCP protocol version.
pub(crate) const MCP_PROTOCOL_VERSION: &str = "mcp.protocol.version";
/// The resource that is read.
pub(crate) const MCP_RESOURCE_URI: &str = "mcp.resource.uri";
/// The MCP session.
pub(crate) const MCP_SESSION_ID: &str = "mcp.session.id";

/// How long the server took to answer a request.
pub(crate) const MCP_SERVER_OPERATION_DURATION: &str = "mcp.server.operation.duration";
/// How long a session lasted.
pub(crate) const MCP_SERVER_SESSION_DURATION: &str = "mcp.server.session.duration";

/// `gen_ai.operation.name` of a tool call.
pub(crate) const EXECUTE_TOOL: &str = "execute_tool";

/// Who makes the spans, in the reference profile.
pub(crate) const GEN_AI_SYSTEM: &str = "gen_ai.system";
/// `gen_ai.system` of an MCP server, in the reference profile.
pub(crate) const MCP: &str = "mcp";
/// The MCP method, in the reference profile.
pub(crate) const MCP_METHOD: &str = "mcp.method";
/// The tool that is called, in the reference profile.
pub(crate) const MCP_TOOL: &str = "mcp.tool";

/// `error.type` where no class is declared (OpenTelemetry, `error.type`).
pub(crate) const ERROR_OTHER: &str = "_OTHER";
/// `error.type` of a `tools/call` that answered `isError: true`.
pub(crate) const ERROR_TOOL: &str = "tool_error";
/// `error.type` of a span whose code panicked (ours).
pub(crate) const ERROR_PANIC: &str = "panic";
/// `error.type` of a span that was dropped before it was done (ours).
pub(crate) const ERROR_CANCELLED: &str = "cancelled";

/// `error.type` where the caller's token lacks a scope (RFC 6750, section 3.1).
#[cfg(feature = "auth")]
pub(crate) const ERROR_INSUFFICIENT_SCOPE: &str = "insufficient_scope";

/// JSON-RPC error codes that are the caller's fault: the server span carries
/// them without being an error (OpenTelemetry, MCP server spans).
pub(crate) const CALLER_FAULTS: [i32; 5] = [-32700, -32600, -32601, -32602, -32002];
