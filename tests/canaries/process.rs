//! The server as a process, and all bytes that go in and come out.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use support::lost::unless_lost;
use support::wire::{SESSIONS, STATELESS};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::places::canary;

/// How a client talks to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transport {
    pub is_http: bool,
    pub has_session: bool,
}

/// The server, and its client.
pub struct Process {
    transport: Transport,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    files: TempDir,
    http: reqwest::Client,
    url: String,
    pub session: Option<String>,
    /// Bytes to the server.
    pub sent: String,
    /// Bytes from the server.
    pub received: String,
}

/// What a process has left when it has ended.
pub struct Left {
    pub sent: String,
    pub received: String,
    pub seen: String,
    pub export: String,
    pub metrics: String,
    pub stdout: String,
    pub stderr: String,
}

impl Process {
    pub async fn start(transport: Transport, upstream: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let path = |name: &str| files.path().join(name);
        let resource = canary("environment: OTEL_RESOURCE_ATTRIBUTES");
        let mut child = Command::new(env!("CARGO_BIN_EXE_canary_server"))
            .arg(if transport.is_http { "http" } else { "stdio" })
            .env("CANARY_UPSTREAM", upstream)
            .env("CANARY_SEEN", path("seen"))
            .env("CANARY_EXPORT", path("export"))
            .env("CANARY_METRICS", path("metrics"))
            .env("SOME_API_KEY", canary("environment: value"))
            .env(
                "OTEL_RESOURCE_ATTRIBUTES",
                format!("deployment.name={resource}"),
            )
            .env(
                "OTEL_SERVICE_NAME",
                canary("environment: OTEL_SERVICE_NAME"),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        if transport.is_http {
            unless_lost(stdout.read_line(&mut url)).await.unwrap();
        }
        Self {
            transport,
            child,
            stdin,
            stdout,
            files,
            http: support::http::client(),
            url: url.trim().to_owned(),
            session: None,
            sent: String::new(),
            received: String::new(),
        }
    }

    /// Sends a message, and takes what comes until it is answered.
    pub async fn send(&mut self, message: &Value, headers: &[(&str, String)]) {
        if self.transport.is_http {
            self.post(message, headers).await;
        } else {
            let line = format!("{message}\n");
            self.stdin.write_all(line.as_bytes()).await.unwrap();
            self.sent.push_str(&line);
            while let Some(id) = message.get("id") {
                let mut line = String::new();
                let count = unless_lost(self.stdout.read_line(&mut line)).await.unwrap();
                assert_ne!(count, 0, "no answer to {message}");
                self.received.push_str(&line);
                let answer: Value = serde_json::from_str(&line).unwrap();
                if answer["id"] == *id {
                    break;
                }
            }
        }
    }

    async fn post(&mut self, message: &Value, headers: &[(&str, String)]) {
        let url = format!("{}?key={}", self.url, canary("URL: query"));
        let mut request = self
            .http
            .post(url)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(message.to_string());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(session) = &self.session {
            request = request
                .header("mcp-session-id", session)
                .header("mcp-protocol-version", SESSIONS);
        } else if !self.transport.has_session {
            let params = &message["params"];
            let name = params["name"].as_str().or(params["uri"].as_str());
            request = request
                .header("mcp-protocol-version", STATELESS)
                .header("mcp-method", message["method"].as_str().unwrap());
            if let Some(name) = name {
                request = request.header("mcp-name", name);
            }
        }
        self.sent.push_str(&format!("{message}\n{headers:?}\n"));
        let response = request.send().await.unwrap();
        self.received
            .push_str(&format!("{:?}\n", response.status()));
        for (name, value) in response.headers() {
            let value = value.to_str().unwrap();
            self.received.push_str(&format!("{name}: {value}\n"));
            if name == "mcp-session-id" {
                self.session = Some(value.to_owned());
            }
        }
        let body = response.text().await.unwrap();
        if let Some(id) = message.get("id") {
            let answers = messages(&body).any(|answer| answer["id"] == *id);
            assert!(answers, "no answer to {message}: {body}");
        }
        self.received.push_str(&body);
        self.received.push('\n');
    }

    /// Ends the server.
    pub async fn end(self) -> Left {
        let Self {
            child,
            stdin,
            mut stdout,
            files,
            sent,
            mut received,
            ..
        } = self;
        drop(stdin);
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let mut stdout = String::new();
        if self.transport.is_http {
            stdout = rest;
        } else {
            received.push_str(&rest);
        }
        let read =
            |name: &str| std::fs::read_to_string(Path::new(files.path()).join(name)).unwrap();
        Left {
            sent,
            received,
            seen: read("seen"),
            export: read("export"),
            metrics: read("metrics"),
            stdout,
            stderr,
        }
    }
}

/// The JSON in what was received: lines, or events of a stream.
pub fn messages(text: &str) -> impl Iterator<Item = Value> {
    text.lines().filter_map(message)
}

/// The message of one line.
pub fn message(line: &str) -> Option<Value> {
    let line = line.strip_prefix("data:").unwrap_or(line);
    serde_json::from_str(line.trim()).ok()
}
