//! Raw clients: JSON in, JSON out, on every transport.

use std::process::Stdio;

use glassbox::Server;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;

use crate::lost::unless_lost;

/// Version of the stateless protocol.
pub const STATELESS: &str = "2026-07-28";
/// Version of the protocol with sessions.
pub const SESSIONS: &str = "2025-11-25";

/// A server on a port of its own, until dropped.
#[derive(Debug)]
pub struct Running {
    /// URL of the MCP endpoint.
    pub url: String,
    /// The server.
    pub server: Server,
    stop: Option<oneshot::Sender<()>>,
}

impl Running {
    /// Serves on a free port.
    pub async fn start(server: Server) -> Self {
        let bound = server.clone().bind_http("127.0.0.1:0").await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let url = bound.url();
        tokio::spawn(bound.serve_until(async move { drop(stopped.await) }));
        Self {
            url,
            server,
            stop: Some(stop),
        }
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url
            .trim_start_matches("http://")
            .trim_end_matches("/mcp")
    }

    /// Begins the shutdown.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }
}

/// One client on one transport.
#[derive(Debug)]
pub enum Client {
    /// Streamable HTTP; with a session, or stateless.
    Http {
        /// URL of the MCP endpoint.
        url: String,
        /// `Mcp-Session-Id`, in the older lifecycle.
        session: Option<String>,
        /// The HTTP client.
        http: reqwest::Client,
    },
    /// A child process and its pipes.
    Stdio {
        /// The process; killed when dropped.
        child: Box<Child>,
        /// Its stdin.
        stdin: ChildStdin,
        /// Lines of its stdout.
        lines: Lines<BufReader<ChildStdout>>,
        /// Whether the stateless protocol is spoken.
        stateless: bool,
    },
}

impl Client {
    /// A stateless client over HTTP.
    #[must_use]
    pub fn stateless(url: &str) -> Self {
        Self::Http {
            url: url.to_owned(),
            session: None,
            http: crate::http::client(),
        }
    }

    /// A client over HTTP that has opened a session.
    pub async fn with_session(url: &str) -> Self {
        let http = crate::http::client();
        let (_, session) = post(&http, url, None, &initialize()).await;
        let session = Some(session.expect("a session id"));
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        post(&http, url, session.as_deref(), &initialized).await;
        Self::Http {
            url: url.to_owned(),
            session,
            http,
        }
    }

    /// A client over stdio, of the program at `path`.
    pub async fn stdio(path: &str, stateless: bool) -> Self {
        Self::program(path, &[], stateless).await
    }

    /// A client over stdio, of a program with arguments.
    pub async fn program(path: &str, arguments: &[&str], stateless: bool) -> Self {
        let mut child = Command::new(path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {path}: {error}"));
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut client = Self::Stdio {
            child: Box::new(child),
            stdin,
            lines,
            stateless,
        };
        if !stateless {
            client.send(initialize()).await;
        }
        client
    }

    /// Calls a method and gives the whole JSON-RPC answer.
    pub async fn request(&mut self, method: &str, mut params: Value) -> Value {
        if self.is_stateless() {
            let meta = params
                .as_object_mut()
                .unwrap()
                .entry("_meta")
                .or_insert_with(|| json!({}));
            if let Some(meta) = meta.as_object_mut() {
                meta.insert(
                    "io.modelcontextprotocol/protocolVersion".to_owned(),
                    STATELESS.into(),
                );
                meta.insert(
                    "io.modelcontextprotocol/clientCapabilities".to_owned(),
                    json!({}),
                );
            }
        }
        self.send(json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}))
            .await
    }

    /// Calls a tool.
    pub async fn call(&mut self, tool: &str, arguments: Value, meta: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
        self.request("tools/call", params).await
    }

    fn is_stateless(&self) -> bool {
        match self {
            Self::Http { session, .. } => session.is_none(),
            Self::Stdio { stateless, .. } => *stateless,
        }
    }

    /// Sends one message and gives the answer with its id.
    pub async fn send(&mut self, message: Value) -> Value {
        match self {
            Self::Http { url, session, http } => {
                post(http, url, session.as_deref(), &message).await.0
            }
            Self::Stdio { .. } => {
                self.post(&message).await;
                loop {
                    let answer = self.next().await;
                    if answer["id"] == message["id"] {
                        return answer;
                    }
                }
            }
        }
    }
}

impl Client {
    /// Sends one message over stdio, and waits for nothing.
    pub async fn post(&mut self, message: &Value) {
        let Self::Stdio { stdin, .. } = self else {
            panic!("over HTTP, a message is answered");
        };
        let line = format!("{message}\n");
        stdin.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next line that comes over stdio.
    pub async fn next_line(&mut self) -> String {
        let Self::Stdio { lines, .. } = self else {
            panic!("over HTTP, an answer comes with its request");
        };
        let line = unless_lost(lines.next_line()).await.unwrap();
        line.expect("a message")
    }

    /// The next message that comes over stdio.
    pub async fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_line().await).expect("only protocol on stdout")
    }
}

/// The message that opens a session.
#[must_use]
pub fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": SESSIONS,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    }})
}

/// Posts one message; gives the answer and the session id.
pub async fn post(
    http: &reqwest::Client,
    url: &str,
    session: Option<&str>,
    message: &Value,
) -> (Value, Option<String>) {
    let request = request_over_http(http, url, session, message);
    let response = request.send().await.unwrap();
    let session = response
        .headers()
        .get("mcp-session-id")
        .map(|id| id.to_str().unwrap().to_owned());
    let is_events = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "text/event-stream");
    let body = response.text().await.unwrap();
    let body = if is_events { last_message(&body) } else { body };
    (
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
        session,
    )
}

/// A request that posts one message, with the headers that its protocol wants.
pub fn request_over_http(
    http: &reqwest::Client,
    url: &str,
    session: Option<&str>,
    message: &Value,
) -> reqwest::RequestBuilder {
    let mut request = http
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .body(message.to_string());
    if let Some(session) = session {
        request = request
            .header("mcp-session-id", session)
            .header("mcp-protocol-version", SESSIONS);
    } else if message["method"] != "initialize" {
        request = request.header("mcp-protocol-version", STATELESS);
        request = request.header("mcp-method", message["method"].as_str().unwrap());
        if let Some(name) = message["params"]["name"]
            .as_str()
            .or(message["params"]["uri"].as_str())
        {
            request = request.header("mcp-name", name);
        }
    }
    request
}

/// The last message of an event stream.
fn last_message(events: &str) -> String {
    let messages = events.lines().filter_map(|line| line.strip_prefix("data:"));
    messages
        .map(str::trim)
        .rfind(|message| !message.is_empty())
        .unwrap_or_default()
        .to_owned()
}

/// `_meta` that asks for spans.
#[must_use]
pub fn ask(detailed: bool) -> Value {
    json!({"otel": {"traces": {"request": true, "detailed": detailed}}})
}

/// `_meta` that asks for all spans under a parent.
#[must_use]
pub fn ask_under(traceparent: &str) -> Value {
    let mut meta = ask(true);
    meta["traceparent"] = traceparent.into();
    meta
}
