//! What a request calls, as the conventions for MCP server spans describe it.

use std::sync::Arc;

use opentelemetry::{KeyValue, StringValue};
use rmcp::RoleServer;
use rmcp::model::RequestId;
use rmcp::service::RequestContext;

use crate::semconv;
use crate::uri::without_credentials;

const SESSION_ID_HEADER: &str = "mcp-session-id";
const TOOLS_CALL: &str = "tools/call";
const PROMPTS_GET: &str = "prompts/get";
const RESOURCES_READ: &str = "resources/read";
/// Attributes of a tool call over a pipe; others have a few more.
const TOOL_ATTRIBUTES: usize = 6;

/// A request that gets a SERVER span.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    /// `{method} {target}`, or the method alone where the target is of high
    /// cardinality.
    pub(super) span_name: String,
    /// What may leave.
    pub(super) attributes: Vec<KeyValue>,
    /// What may leave if the policy says so: it may hold anything (URIs), or
    /// open doors (session ids).
    pub(super) private_attributes: Vec<KeyValue>,
    /// The tool, if one is called.
    pub(super) tool_name: Option<StringValue>,
}

impl Operation {
    pub(super) fn tool_call(name: &str) -> Self {
        // Shared: every phase has a copy of it.
        let tool = StringValue::from(Arc::<str>::from(name));
        let mut attributes = Vec::with_capacity(TOOL_ATTRIBUTES);
        attributes.extend([
            KeyValue::new(semconv::MCP_METHOD_NAME, TOOLS_CALL),
            KeyValue::new(semconv::GEN_AI_OPERATION_NAME, semconv::EXECUTE_TOOL),
            KeyValue::new(semconv::GEN_AI_TOOL_NAME, tool.clone()),
        ]);
        Self {
            method: TOOLS_CALL,
            span_name: [TOOLS_CALL, " ", name].concat(),
            attributes,
            private_attributes: Vec::new(),
            tool_name: Some(tool),
        }
    }

    pub(super) fn resource_read(uri: &str) -> Self {
        Self {
            method: RESOURCES_READ,
            span_name: RESOURCES_READ.to_owned(),
            attributes: vec![KeyValue::new(semconv::MCP_METHOD_NAME, RESOURCES_READ)],
            private_attributes: vec![KeyValue::new(
                semconv::MCP_RESOURCE_URI,
                without_credentials(uri).into_owned(),
            )],
            tool_name: None,
        }
    }

    pub(super) fn prompt(name: &str) -> Self {
        Self {
            method: PROMPTS_GET,
            span_name: [PROMPTS_GET, " ", name].concat(),
            attributes: vec![
                KeyValue::new(semconv::MCP_METHOD_NAME, PROMPTS_GET),
                KeyValue::new(semconv::GEN_AI_PROMPT_NAME, name.to_owned()),
            ],
            private_attributes: Vec::new(),
            tool_name: None,
        }
    }

    /// Adds what the reference profile has on its root.
    pub(super) fn with_reference_profile(mut self) -> Self {
        let method = self
            .attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == semconv::MCP_METHOD_NAME)
            .map(|method| KeyValue::new(semconv::MCP_METHOD, method.value.clone()));
        self.attributes.extend(method);
        if let Some(tool) = &self.tool_name {
            self.attributes
                .push(KeyValue::new(semconv::MCP_TOOL, tool.clone()));
        }
        self.attributes
            .push(KeyValue::new(semconv::GEN_AI_SYSTEM, semconv::MCP));
        self
    }

    /// Adds what the request itself tells: id, protocol, session, transport.
    pub(super) fn describe(mut self, request: &RequestContext<RoleServer>) -> Self {
        let attributes = &mut self.attributes;
        let id = match &request.id {
            RequestId::Number(number) => number.to_string(),
            RequestId::String(text) => text.as_ref().to_owned(),
        };
        attributes.push(KeyValue::new(semconv::JSONRPC_REQUEST_ID, id));
        if let Some(version) = request.protocol_version() {
            let version = version.as_str().to_owned();
            attributes.push(KeyValue::new(semconv::MCP_PROTOCOL_VERSION, version));
        }
        attributes.extend(transport(request));
        if let Some(parts) = request.extensions.get::<http::request::Parts>() {
            let private = &mut self.private_attributes;
            let session = parts.headers.get(SESSION_ID_HEADER);
            if let Some(session) = session.and_then(|id| id.to_str().ok()) {
                private.push(KeyValue::new(semconv::MCP_SESSION_ID, session.to_owned()));
            }
            if let Some(client) = client_address(parts) {
                private.push(KeyValue::new(
                    semconv::CLIENT_ADDRESS,
                    client.ip().to_string(),
                ));
                private.push(KeyValue::new(
                    semconv::CLIENT_PORT,
                    i64::from(client.port()),
                ));
            }
        }
        self
    }
}

/// How the request came in.
pub(super) fn transport(
    request: &RequestContext<RoleServer>,
) -> impl Iterator<Item = KeyValue> + use<> {
    let attributes = match request.extensions.get::<http::request::Parts>() {
        None => [
            Some(KeyValue::new(semconv::NETWORK_TRANSPORT, "pipe")),
            None,
            None,
        ],
        Some(parts) => [
            Some(KeyValue::new(semconv::NETWORK_TRANSPORT, "tcp")),
            Some(KeyValue::new(semconv::NETWORK_PROTOCOL_NAME, "http")),
            http_version(parts.version)
                .map(|version| KeyValue::new(semconv::NETWORK_PROTOCOL_VERSION, version)),
        ],
    };
    attributes.into_iter().flatten()
}

/// The other end of the connection, where the listener tells: as axum does with
/// `into_make_service_with_connect_info`.
#[cfg(feature = "http-server")]
fn client_address(parts: &http::request::Parts) -> Option<std::net::SocketAddr> {
    let info = parts
        .extensions
        .get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
    info.map(|info| info.0)
}

#[cfg(not(feature = "http-server"))]
fn client_address(_: &http::request::Parts) -> Option<std::net::SocketAddr> {
    None
}

/// `network.protocol.version` of an HTTP version.
pub(crate) fn http_version(version: http::Version) -> Option<&'static str> {
    match version {
        http::Version::HTTP_10 => Some("1.0"),
        http::Version::HTTP_11 => Some("1.1"),
        http::Version::HTTP_2 => Some("2"),
        http::Version::HTTP_3 => Some("3"),
        _ => None,
    }
}
