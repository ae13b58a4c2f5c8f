//! A model that is none: a script behind the chat-completions API, on a loopback socket of this process.
//!
//! It exists so that the agent needs no key, and so that tests have answers to compare. It understands three kinds of
//! sentences (`script.rs` names them), and says so when it is given any other.

mod script;

use std::io;

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use url::Url;

use self::script::{Reply, reply};

pub use self::script::arguments;

/// What the scripted model calls itself.
pub const NAME: &str = "scripted";

/// The scripted model, which answers until it is dropped.
#[derive(Debug)]
pub struct ScriptedModel {
    url: Url,
    serving: AbortHandle,
}

impl ScriptedModel {
    /// Begins to answer on a free port.
    ///
    /// # Errors
    ///
    /// If there is no port to be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let url = Url::parse(&url).map_err(io::Error::other)?;
        let router = Router::new().route("/v1/chat/completions", post(complete));
        let serving = tokio::spawn(async { axum::serve(listener, router).await });
        Ok(Self {
            url,
            serving: serving.abort_handle(),
        })
    }

    /// What comes before `/chat/completions`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn complete(Json(request): Json<Value>) -> Json<Value> {
    let (message, finish_reason) = match reply(&request) {
        Reply::Say(text) => (json!({"role": "assistant", "content": text}), "stop"),
        Reply::Call { tool, arguments } => {
            let arguments = Value::from(arguments).to_string();
            let call = json!({
                "id": "call_1", "type": "function",
                "function": {"name": tool, "arguments": arguments},
            });
            let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
            (message, "tool_calls")
        }
    };
    let prompt_tokens = words(request.get("messages"));
    let completion_tokens = words(Some(&message));
    Json(json!({
        "id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": NAME,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }))
}

/// What stands for tokens here: words of the JSON.
fn words(value: Option<&Value>) -> usize {
    value.map_or(0, |value| value.to_string().split_whitespace().count())
}
