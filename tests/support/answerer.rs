//! An MCP server that answers calls with whatever bytes a test gives it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

/// Makes the text after `"id":N,` in the answer to a call: `"result":{...}` or `"error":{...}`.
type Answer = Arc<dyn Fn(&Value) -> String + Send + Sync>;

/// How answers are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// As one JSON document.
    Json,
    /// As an event stream.
    Events,
}

/// A server on a port of its own, until the test ends.
#[derive(Clone)]
pub struct Answerer {
    /// URL of the MCP endpoint.
    pub url: String,
    requests: Arc<Mutex<Vec<Value>>>,
    answer: Answer,
    body: Framing,
    capabilities: Value,
}

impl std::fmt::Debug for Answerer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answerer")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Answerer {
    /// Answers every call with the text that `answer` makes of it.
    pub async fn start(answer: impl Fn(&Value) -> String + Send + Sync + 'static) -> Self {
        Self::start_with(answer, Framing::Json, json!({"tools": {}, "resources": {}})).await
    }

    /// Answers in a certain way, and announces these capabilities.
    pub async fn start_with(
        answer: impl Fn(&Value) -> String + Send + Sync + 'static,
        body: Framing,
        capabilities: Value,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answerer = Self {
            url: format!("http://{address}/mcp"),
            requests: Arc::default(),
            answer: Arc::new(answer),
            body,
            capabilities,
        };
        let router = Router::new()
            .route("/mcp", post(respond))
            .with_state(answerer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        answerer
    }

    /// The requests that came, without the handshake.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn answer(&self, request: &Value) -> Option<String> {
        let id = request.get("id")?;
        let rest = match request["method"].as_str()? {
            "initialize" => {
                let result = json!({
                    "protocolVersion": request["params"]["protocolVersion"],
                    "capabilities": self.capabilities,
                    "serverInfo": {"name": "answerer", "version": "1"},
                });
                format!("\"result\":{result}")
            }
            _ => {
                let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
                requests.push(request.clone());
                drop(requests);
                (self.answer)(request)
            }
        };
        Some(format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},{rest}}}"))
    }
}

async fn respond(State(answerer): State<Answerer>, request: String) -> Response {
    let request: Value = serde_json::from_str(&request).unwrap();
    let Some(answer) = answerer.answer(&request) else {
        return StatusCode::ACCEPTED.into_response();
    };
    let (kind, body) = match answerer.body {
        Framing::Json => ("application/json", answer),
        Framing::Events => (
            "text/event-stream",
            format!(
                ": a comment\nevent: message\ndata: {}\n\n",
                answer.replace('\n', "\ndata: ")
            ),
        ),
    };
    ([(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}

/// A tool's result with this text as its `_meta.otel.traces`.
#[must_use]
pub fn result_with(traces: &str) -> String {
    format!(
        "\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":\"done\"}}],\"_meta\":{{\"otel\":{{\"traces\":{traces}}}}}}}"
    )
}

/// The trace id and the span id that a request's `traceparent` names.
#[must_use]
pub fn caller(request: &Value) -> (String, String) {
    let traceparent = request["params"]["_meta"]["traceparent"].as_str().unwrap();
    let mut parts = traceparent.split('-').skip(1).map(str::to_owned);
    (parts.next().unwrap(), parts.next().unwrap())
}
