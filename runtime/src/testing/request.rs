//! What is sent.

use http::{HeaderName, HeaderValue, Method, request::Parts};
use rmcp::model::{
    CallToolResult, ClientCapabilities, ClientRequest, GetExtensions as _, GetPromptResult,
    MetaObject, ProtocolVersion, ReadResourceResult, RequestMetaObject, ServerResult,
};
use serde_json::{Map, Value, json};

use super::answer::{Answer, NoResult};
use super::subject::UnderTest;
use super::wire;
use crate::passback::{PassbackRequest, Witness};
use crate::propagation::TRACEPARENT;

/// A request to a server under test, with a result of type `R`.
///
/// Without further ado it is one of protocol 2026-07-28 that asks for all
/// spans, has no parent span, and came over a pipe.
///
/// # Examples
///
/// Who is granted what, by a header:
///
/// ```
/// use glassbox::testing::Request;
/// use glassbox::{PassbackGrant, Server, mcp_tool};
/// use serde_json::json;
///
/// /// Says that it is there.
/// #[mcp_tool(read_only)]
/// fn ping() -> String {
///     "pong".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder("shop", "1.0.0")
///     .tool::<ping>()
///     .passback_grant(|request| {
///         let parts = request.extensions.get::<http::request::Parts>();
///         match parts.and_then(|parts| parts.headers.get("x-customer")) {
///             Some(customer) if customer == "acme" => PassbackGrant::Detailed,
///             _ => PassbackGrant::Refuse,
///         }
///     })
///     .build()?;
/// let request = Request::tool("ping", json!({}));
/// let acme = request.clone().with_header("x-customer", "acme");
/// assert_eq!(acme.send(&server).await.tree(), "tools/call ping SERVER\n");
/// assert_eq!(request.send(&server).await.tree(), "(no spans)\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<R> {
    method: &'static str,
    params: Map<String, Value>,
    meta: RequestMetaObject,
    parts: Option<Parts>,
    /// What cannot be sent as it was given.
    fault: Option<String>,
    result: fn(ServerResult) -> Option<R>,
}

impl Request<CallToolResult> {
    /// Calls a tool. `arguments` of `null` are none.
    pub fn tool(name: impl Into<String>, arguments: Value) -> Self {
        Self::with_arguments("tools/call", name, arguments, |result| match result {
            ServerResult::CallToolResult(result) => Some(result),
            _ => None,
        })
    }
}

impl Request<ReadResourceResult> {
    /// Reads a resource.
    pub fn resource(uri: impl Into<String>) -> Self {
        let params = [("uri".to_owned(), Value::String(uri.into()))];
        Self::new(
            "resources/read",
            params.into_iter().collect(),
            |result| match result {
                ServerResult::ReadResourceResult(result) => Some(result),
                _ => None,
            },
        )
    }
}

impl Request<GetPromptResult> {
    /// Gets a prompt. `arguments` of `null` are none.
    pub fn prompt(name: impl Into<String>, arguments: Value) -> Self {
        Self::with_arguments("prompts/get", name, arguments, |result| match result {
            ServerResult::GetPromptResult(result) => Some(result),
            _ => None,
        })
    }
}

impl<R> Request<R> {
    fn with_arguments(
        method: &'static str,
        name: impl Into<String>,
        arguments: Value,
        result: fn(ServerResult) -> Option<R>,
    ) -> Self {
        let mut params = Map::new();
        params.insert("name".to_owned(), Value::String(name.into()));
        if !arguments.is_null() {
            params.insert("arguments".to_owned(), arguments);
        }
        Self::new(method, params, result)
    }

    fn new(
        method: &'static str,
        params: Map<String, Value>,
        result: fn(ServerResult) -> Option<R>,
    ) -> Self {
        let mut meta = RequestMetaObject::new();
        meta.set_protocol_version(ProtocolVersion::V_2026_07_28);
        meta.set_client_capabilities(ClientCapabilities::default());
        PassbackRequest::Detailed.write_to(&mut meta);
        Self {
            method,
            params,
            meta,
            parts: None,
            fault: None,
            result,
        }
    }

    /// Asks for these spans. Default: [`PassbackRequest::Detailed`].
    pub fn asking_for(mut self, passback: PassbackRequest) -> Self {
        passback.write_to(&mut self.meta);
        self
    }

    /// Names the caller's span, as W3C `traceparent`. Default: none, so that
    /// the server starts a trace of its own.
    pub fn with_traceparent(self, traceparent: impl Into<String>) -> Self {
        self.with_meta(TRACEPARENT, Value::String(traceparent.into()))
    }

    /// Sets a member of the request's `_meta`, also one that stands for
    /// something else here, such as `otel`.
    pub fn with_meta(mut self, key: impl Into<String>, value: Value) -> Self {
        let meta: &mut MetaObject = &mut self.meta;
        meta.insert(key.into(), value);
        self
    }

    /// Adds an HTTP header, as of a request that came over HTTP.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.http().headers.append(name, value);
            }
            (Err(_), _) => self.fault = Some(format!("`{name}` cannot name a header")),
            (_, Err(_)) => self.fault = Some(format!("the value of header `{name}` is none")),
        }
        self
    }

    /// Adds an extension to the HTTP request, such as the identity that an
    /// authentication layer found, or axum's `ConnectInfo`.
    pub fn with_extension<T: Clone + Send + Sync + 'static>(mut self, extension: T) -> Self {
        self.http().extensions.insert(extension);
        self
    }

    /// Sets all that is told of the HTTP request, as rmcp's HTTP server does.
    /// Default: no HTTP.
    pub fn with_http(mut self, parts: Parts) -> Self {
        self.parts = Some(parts);
        self
    }

    fn http(&mut self) -> &mut Parts {
        self.parts.get_or_insert_with(|| {
            let mut request = http::Request::new(());
            *request.method_mut() = Method::POST;
            request.into_parts().0
        })
    }

    /// Sends the request and waits for the answer. See [`call`](super::call).
    pub async fn send(self, server: &impl UnderTest) -> Answer<R> {
        let asked = PassbackRequest::from_meta(&self.meta);
        let witness = Witness::default();
        let result = self.result;
        let received = match self.into_message(witness.clone()) {
            Ok(request) => wire::exchange(server.service(), request).await,
            Err(fault) => wire::Received::nothing(NoResult::Invalid(fault)),
        };
        Answer::new(received, asked, witness.take(), result)
    }

    /// The request as rmcp reads it from the wire, so that parameters that do
    /// not fit are what they are there.
    fn into_message(self, witness: Witness) -> Result<ClientRequest, String> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut params = self.params;
        params.insert("_meta".to_owned(), json!(self.meta));
        let message = json!({"method": self.method, "params": params});
        let mut request: ClientRequest =
            serde_json::from_value(message).map_err(|error| error.to_string())?;
        let extensions = request.extensions_mut();
        extensions.insert(witness);
        if let Some(parts) = self.parts {
            extensions.insert(parts);
        }
        Ok(request)
    }
}
