//! A model server that answers what a test says, over a real socket.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use gmail_example::model::ModelOptions;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the stub is told to keep secret by.
pub(crate) const KEY: &str = "canary-key-4b1d";

/// The stub, which gives its answers in turn, and the last one again and again.
pub(crate) struct StubModel {
    pub(crate) options: ModelOptions,
    shared: Arc<Shared>,
}

struct Shared {
    answers: Vec<(StatusCode, String)>,
    requests: Mutex<Vec<(Option<String>, Value)>>,
}

impl StubModel {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Value>) -> Self {
        let answers = answers.into_iter();
        Self::raw(answers.map(|answer| (StatusCode::OK, answer.to_string()))).await
    }

    pub(crate) async fn raw(answers: impl IntoIterator<Item = (StatusCode, String)>) -> Self {
        let shared = Arc::new(Shared {
            answers: answers.into_iter().collect(),
            requests: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1/", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async { axum::serve(listener, router).await });
        let options = ModelOptions::from_variables(
            Some(KEY.to_owned()),
            Some(&base),
            Some("stub-1".to_owned()),
            None,
        );
        Self {
            options: options.unwrap(),
            shared,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        let requests = self.shared.requests.lock().unwrap();
        requests
            .iter()
            .map(|(_, request)| request.clone())
            .collect()
    }

    pub(crate) fn credentials(&self) -> Vec<Option<String>> {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().map(|(key, _)| key.clone()).collect()
    }

    /// What the tools are said to have answered, as the model read it in the end.
    pub(crate) fn results(&self) -> Vec<(String, String)> {
        let last = self.requests().pop().unwrap();
        let messages = last.get("messages").unwrap().as_array().unwrap().clone();
        let text = |message: &Value, key: &str| {
            let text = message.get(key).and_then(Value::as_str);
            text.unwrap().to_owned()
        };
        messages
            .iter()
            .filter(|message| message.get("role") == Some(&json!("tool")))
            .map(|message| (text(message, "tool_call_id"), text(message, "content")))
            .collect()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let key = headers
        .get("authorization")
        .map(|key| key.to_str().unwrap().to_owned());
    let request = serde_json::from_str(&body).unwrap();
    let count = {
        let mut requests = shared.requests.lock().unwrap();
        requests.push((key, request));
        requests.len()
    };
    let answer = shared.answers.get(count - 1).or(shared.answers.last());
    let (status, body) = answer.unwrap().clone();
    (status, [("content-type", "application/json")], body)
}

fn completion(message: &Value) -> Value {
    json!({
        "id": "1", "object": "chat.completion", "created": 1, "model": "stub-1-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107},
    })
}

pub(crate) fn saying(text: &str) -> Value {
    completion(&json!({"role": "assistant", "content": text}))
}

pub(crate) fn refusing(text: &str) -> Value {
    completion(&json!({"role": "assistant", "content": null, "refusal": text}))
}

/// A turn that asks for these calls; their ids are their places.
pub(crate) fn calling<'a>(calls: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let call = |(index, (name, arguments)): (usize, (&str, &str))| {
        json!({
            "id": format!("call_{index}"), "type": "function",
            "function": {"name": name, "arguments": arguments},
        })
    };
    let calls: Vec<_> = calls.into_iter().enumerate().map(call).collect();
    completion(&json!({"role": "assistant", "content": null, "tool_calls": calls}))
}
