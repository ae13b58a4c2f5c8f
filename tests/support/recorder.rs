//! A proxy that remembers the answers that went through it: what the server sent, before any client has touched it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use axum::routing::any;
use serde_json::Value;

/// A proxy on a port of its own, until the test ends.
#[derive(Debug, Clone)]
pub struct Recorder {
    /// URL of the MCP endpoint.
    pub url: String,
    upstream: String,
    http: reqwest::Client,
    answers: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Stands in front of the endpoint `upstream`.
    pub async fn start(upstream: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let recorder = Self {
            url: format!("http://{}/mcp", listener.local_addr().unwrap()),
            upstream: upstream.to_owned(),
            http: crate::http::client(),
            answers: Arc::default(),
        };
        let router = Router::new()
            .route("/mcp", any(pass))
            .with_state(recorder.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        recorder
    }

    /// The JSON messages of all answers.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = answers.iter().flat_map(|answer| answer.lines());
        lines
            .map(|line| line.strip_prefix("data:").unwrap_or(line))
            .filter_map(|line| serde_json::from_str(line.trim()).ok())
            .collect()
    }
}

async fn pass(
    State(recorder): State<Recorder>,
    method: Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    // A stream for the server's own requests has no end to wait for, and this server has none.
    if method == Method::GET {
        let mut none = Response::new(Body::empty());
        *none.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return none;
    }
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let request = recorder.http.request(method, &recorder.upstream);
    let answer = request.headers(headers).body(body).send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let mut answers = recorder
        .answers
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    answers.push(text);
    headers.remove(header::TRANSFER_ENCODING);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
