//! The answerer, over HTTP and on stdio.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

use crate::answers::{Answer, answers};

/// What the server says to one message; nothing to notifications.
fn answer(answers: &[Answer], request: &str) -> Option<String> {
    let request: Value = serde_json::from_str(request).unwrap();
    let id = request.get("id")?;
    match request["method"].as_str()? {
        "tools/call" => {
            let name = request["params"]["name"].as_str()?;
            let answer = answers.iter().find(|answer| answer.name == name)?;
            Some(answer.message(&id.to_string()))
        }
        "initialize" => {
            let result = json!({
                "protocolVersion": "2025-06-18",
                "capabilities": {
                    "tools": {},
                    "serverExecutionTelemetry": {"version": "2026-03-01"},
                },
                "serverInfo": {"name": "hostile", "version": "1"},
            });
            Some(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
        }
        _ => {
            let error = json!({"code": -32601, "message": "no such method"});
            Some(json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string())
        }
    }
}

/// Where the server listens.
pub(crate) struct Http {
    url: String,
}

impl Http {
    /// Answers are JSON bodies.
    pub(crate) fn json(&self) -> String {
        format!("{}/json", self.url)
    }

    /// Answers are event streams.
    pub(crate) fn events(&self) -> String {
        format!("{}/events", self.url)
    }
}

/// Starts the server over HTTP.
pub(crate) async fn http() -> Http {
    let answers = Arc::new(answers());
    let for_events = Arc::clone(&answers);
    let router = Router::new()
        .route("/json", post(async move |body| as_json(&answers, body)))
        .route(
            "/events",
            post(async move |body| as_events(&for_events, body)),
        );
    Http {
        url: serve(router).await,
    }
}

/// Serves a router, for as long as the test runs.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn as_json(answers: &[Answer], request: String) -> Response {
    match answer(answers, &request) {
        Some(message) => ([(header::CONTENT_TYPE, "application/json")], message).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    }
}

fn as_events(answers: &[Answer], request: String) -> Response {
    match answer(answers, &request) {
        Some(message) => {
            let events =
                format!(": hello\r\n\r\nid: 1\r\nevent: message\r\ndata: {message}\r\n\r\n");
            ([(header::CONTENT_TYPE, "text/event-stream")], events).into_response()
        }
        None => StatusCode::ACCEPTED.into_response(),
    }
}

/// Starts the server on a pair of pipes: what a client reads from and writes to.
pub(crate) fn stdio() -> (DuplexStream, DuplexStream) {
    let (client_writer, server_reader) = tokio::io::duplex(64 * 1024);
    let (mut server_writer, client_reader) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let answers = answers();
        let mut lines = BufReader::new(server_reader).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(message) = answer(&answers, &line) {
                server_writer.write_all(message.as_bytes()).await.unwrap();
                server_writer.write_all(b"\n").await.unwrap();
            }
        }
    });
    (client_reader, client_writer)
}
