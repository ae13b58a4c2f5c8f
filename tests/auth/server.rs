//! A protected server, and a client that shows what HTTP said.

use glassbox::auth::Auth;
use glassbox::{Server, ServerBuilder, ToolContext, ToolError, mcp_tool, phase};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::wire::{Running, SESSIONS, STATELESS};

use crate::issuer::{Issuer, RESOURCE};

/// Tells who calls.
#[mcp_tool]
pub fn whoami(context: &ToolContext) -> Result<String, ToolError> {
    let caller = context
        .identity()
        .ok_or_else(|| ToolError::new("nobody is signed in"))?;
    Ok(caller.name().to_owned())
}

/// Reads.
#[mcp_tool(scopes("files.read"))]
pub async fn read() -> &'static str {
    #[phase("read")]
    let text = "text";
    text
}

/// Writes.
#[mcp_tool(scopes("files.read", "files.write"))]
pub fn write() -> &'static str {
    "written"
}

pub fn builder() -> ServerBuilder {
    Server::builder("protected", "1.0.0")
        .tool::<whoami>()
        .tool::<read>()
        .tool::<write>()
}

/// Protection by `issuer`, which may be asked for its keys at any time.
pub fn auth(issuer: &Issuer) -> Auth {
    Auth::new(RESOURCE)
        .authorization_server(&issuer.url)
        .fetch_keys_every(std::time::Duration::ZERO)
        .http_client(support::http::client())
}

pub async fn start(auth: Auth) -> Running {
    Running::start(builder().auth(auth).build().unwrap()).await
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// `WWW-Authenticate`.
    pub challenge: Option<String>,
    pub session: Option<String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The text of a tool's result, or the answer itself.
    pub fn tool(&self) -> String {
        let json = self.json();
        let text = json.pointer("/result/content/0/text");
        text.and_then(Value::as_str)
            .unwrap_or(&self.text)
            .to_owned()
    }
}

/// A request in the making.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

/// Calls a tool, stateless, and asks for spans.
pub fn call(running: &Running, tool: &str) -> Call {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientCapabilities": {},
        "otel": {"traces": {"request": true, "detailed": true}},
    });
    let call = message(
        running,
        "tools/call",
        json!({"name": tool, "arguments": {}, "_meta": meta}),
    );
    call.header("mcp-name", tool)
}

/// Any stateless message.
pub fn message(running: &Running, method: &str, mut params: Value) -> Call {
    if params.get("_meta").is_none() {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": STATELESS,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    Call {
        method: Method::POST,
        url: running.url.clone(),
        headers: Vec::new(),
        body: json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}),
    }
    .header("mcp-protocol-version", STATELESS)
    .header("mcp-method", method)
}

/// A message of the older lifecycle.
pub fn legacy(running: &Running, session: Option<&str>, body: Value) -> Call {
    let call = Call {
        method: Method::POST,
        url: running.url.clone(),
        headers: Vec::new(),
        body,
    };
    match session {
        None => call,
        Some(session) => call
            .header("mcp-session-id", session)
            .header("mcp-protocol-version", SESSIONS),
    }
}

/// Opens a session.
pub async fn open_session(running: &Running, token: &str) -> String {
    let opened = legacy(running, None, support::wire::initialize())
        .token(token)
        .send()
        .await;
    let session = opened.session.expect("a session");
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = legacy(running, Some(&session), initialized);
    let answer = answer.token(token).send().await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    session
}

/// Calls a tool in a session, and asks for spans.
pub fn call_in(running: &Running, session: &str, tool: &str) -> Call {
    let params = json!({"name": tool, "arguments": {}, "_meta": support::wire::ask(true)});
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
    legacy(running, Some(session), message)
}

impl Call {
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn at(mut self, path: &str) -> Self {
        self.url = self.url.replace("/mcp", path);
        self
    }

    pub async fn send(self) -> Answer {
        let mut request = support::http::client()
            .request(self.method, &self.url)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json");
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let response = request.body(self.body.to_string()).send().await.unwrap();
        let header = |name| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let challenge = header("www-authenticate");
        let session = header("mcp-session-id");
        let is_events = header("content-type").is_some_and(|kind| kind == "text/event-stream");
        let status = response.status();
        let text = response.text().await.unwrap();
        let text = if is_events {
            let messages = text.lines().filter_map(|line| line.strip_prefix("data:"));
            messages
                .map(str::trim)
                .rfind(|data| !data.is_empty())
                .unwrap_or_default()
                .to_owned()
        } else {
            text
        };
        Answer {
            status,
            challenge,
            session,
            text,
        }
    }
}
