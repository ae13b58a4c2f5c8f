//! What a request calls, as the conventions for MCP server spans describe it.

use opentelemetry::{KeyValue, StringValue};
use rmcp::RoleServer;
use rmcp::service::RequestContext;

use crate::semconv;

const SESSION_ID_HEADER: &str = "mcp-session-id";

/// A request that gets a SERVER span.
#[derive(Debug)]
pub(super) struct Operation {
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
        let tool = StringValue::from(name.to_owned());
        Self {
            span_name: format!("tools/call {name}"),
            attributes: vec![
                KeyValue::new(semconv::MCP_METHOD_NAME, "tools/call"),
                KeyValue::new(semconv::GEN_AI_OPERATION_NAME, semconv::EXECUTE_TOOL),
                KeyValue::new(semconv::GEN_AI_TOOL_NAME, tool.clone()),
            ],
            private_attributes: Vec::new(),
            tool_name: Some(tool),
        }
    }

    pub(super) fn resource_read(uri: &str) -> Self {
        Self {
            span_name: "resources/read".to_owned(),
            attributes: vec![KeyValue::new(semconv::MCP_METHOD_NAME, "resources/read")],
            private_attributes: vec![KeyValue::new(semconv::MCP_RESOURCE_URI, uri.to_owned())],
            tool_name: None,
        }
    }

    pub(super) fn prompt(name: &str) -> Self {
        Self {
            span_name: format!("prompts/get {name}"),
            attributes: vec![
                KeyValue::new(semconv::MCP_METHOD_NAME, "prompts/get"),
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
        attributes.push(KeyValue::new(
            semconv::JSONRPC_REQUEST_ID,
            request.id.to_string(),
        ));
        if let Some(version) = request.protocol_version() {
            attributes.push(KeyValue::new(
                semconv::MCP_PROTOCOL_VERSION,
                version.to_string(),
            ));
        }
        match request.extensions.get::<http::request::Parts>() {
            Some(parts) => {
                attributes.push(KeyValue::new(semconv::NETWORK_TRANSPORT, "tcp"));
                attributes.push(KeyValue::new(semconv::NETWORK_PROTOCOL_NAME, "http"));
                if let Some(version) = http_version(parts.version) {
                    attributes.push(KeyValue::new(semconv::NETWORK_PROTOCOL_VERSION, version));
                }
                let session = parts
                    .headers
                    .get(SESSION_ID_HEADER)
                    .and_then(|id| id.to_str().ok());
                if let Some(session) = session {
                    self.private_attributes
                        .push(KeyValue::new(semconv::MCP_SESSION_ID, session.to_owned()));
                }
            }
            None => attributes.push(KeyValue::new(semconv::NETWORK_TRANSPORT, "pipe")),
        }
        self
    }
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
