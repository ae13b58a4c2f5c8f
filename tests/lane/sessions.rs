//! Answers that come by another way than their request.

use std::sync::Arc;

use axum::Router;
use futures_util::StreamExt as _;
use glassbox::{Instrumented, http};
use rmcp::transport::StreamableHttpServerConfig;
use serde_json::{Value, json};
use support::tree::{spans, traces, tree};
use support::wire::{Client, SESSIONS, ask, request_over_http};
use tokio::sync::Semaphore;

use crate::call;
use crate::parrot::{Parrot, parrot, result};

struct Session {
    handler: Instrumented<Parrot>,
    permits: Arc<Semaphore>,
    url: String,
    id: String,
    http: reqwest::Client,
}

impl Session {
    async fn open() -> Self {
        let handler = parrot();
        let service = http::service(handler.clone(), StreamableHttpServerConfig::default());
        let router = Router::new().route_service("/mcp", service);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let Client::Http {
            session: Some(id),
            http,
            ..
        } = Client::with_session(&url).await
        else {
            panic!("a session");
        };
        Self {
            permits: Arc::clone(&handler.handler().permits),
            handler,
            url,
            id,
            http,
        }
    }

    /// Posts a call that waits for a permit.
    async fn post(&self, id: u32, label: &str) -> Events {
        let mut arguments = result(2, label, &Value::Null);
        arguments["waits"] = true.into();
        let message = call(id, arguments, ask(true));
        let request = request_over_http(&self.http, &self.url, Some(&self.id), &message);
        Events::of(request.send().await.unwrap())
    }

    /// Asks for what came after an event.
    async fn resume(&self, last_event: &str) -> Events {
        let request = self
            .http
            .get(&self.url)
            .header("accept", "text/event-stream")
            .header("mcp-session-id", &self.id)
            .header("mcp-protocol-version", SESSIONS)
            .header("last-event-id", last_event);
        Events::of(request.send().await.unwrap())
    }

    async fn inside(&self, calls: usize) {
        while self.handler.open_spans() < calls {
            tokio::task::yield_now().await;
        }
    }
}

/// Events as they come.
struct Events {
    response: std::pin::Pin<Box<dyn futures_util::Stream<Item = Vec<u8>> + Send>>,
    text: String,
}

impl Events {
    fn of(response: reqwest::Response) -> Self {
        assert!(response.status().is_success());
        let response = response.bytes_stream().map(|bytes| bytes.unwrap().to_vec());
        Self {
            response: Box::pin(response),
            text: String::new(),
        }
    }

    /// The next event: its id and its message, which may be empty.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim().to_owned()
                };
                let event = (field("id:"), field("data:"));
                self.text = rest.to_owned();
                return Some(event);
            }
            let bytes = self.response.next().await?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next message.
    async fn message(&mut self) -> Value {
        loop {
            let (_, message) = self.next().await.expect("a message");
            if !message.is_empty() {
                return serde_json::from_str(&message).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_on_a_resumed_stream_has_its_spans() {
    let session = Session::open().await;
    let mut events = session.post(2, "resumed").await;
    let (first, _) = events.next().await.unwrap();
    session.inside(1).await;
    drop(events);
    let mut resumed = session.resume(&first).await;
    // The server notices that the first stream is gone when it writes to it, or
    // when the connection closes; the answer comes on the second in any case.
    session.permits.add_permits(1);
    let answer = resumed.message().await;
    assert_eq!(support::tree::text(&answer), "resumed");
    let counts = session.handler.passback_counts();
    let dropped = traces(&answer)["droppedSpanCount"].as_u64().unwrap();
    assert_eq!(spans(&answer).len() as u64 + dropped, 3);
    if dropped > 0 {
        assert_eq!((spans(&answer).len(), counts.omitted_answers), (0, 1));
        assert_eq!(traces(&answer)["truncated"], true);
    } else {
        assert_eq!(tree(&answer), "tools/call say SERVER\n  step\n  step\n");
    }
}

#[tokio::test]
async fn an_answer_that_comes_with_another_request_is_honest() {
    let session = Session::open().await;
    // Two requests of one id: rmcp answers one of them, with the other.
    let _one = session.post(2, "one").await;
    session.inside(1).await;
    let mut two = session.post(2, "two").await;
    session.inside(2).await;
    session.permits.add_permits(2);
    let answer = two.message().await;
    let dropped = traces(&answer)["droppedSpanCount"].as_u64().unwrap();
    assert_eq!(spans(&answer).len() as u64 + dropped, 3, "{answer:#}");
    assert_eq!(traces(&answer)["truncated"], dropped > 0);
}

#[tokio::test]
async fn a_stream_carries_what_belongs_to_others_as_it_is() {
    let session = Session::open().await;
    let mut common = session.resume("0").await;
    let mut events = session.post(2, "mine").await;
    session.inside(1).await;
    session.permits.add_permits(1);
    let answer = events.message().await;
    assert_eq!(spans(&answer).len(), 3);
    let quiet = tokio::time::timeout(std::time::Duration::from_millis(50), common.message());
    assert!(quiet.await.is_err(), "nothing else came");
    assert_eq!(session.handler.passback_counts().omitted_answers, 0);
    assert_eq!(session.handler.open_spans(), 0);
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_the_others_their_spans() {
    let session = Session::open().await;
    let mut events = session.post(2, "one").await;
    session.inside(1).await;
    let other = session.post(3, "two").await;
    drop(other);
    session.permits.add_permits(2);
    let answer = events.message().await;
    assert_eq!(answer["id"], json!(2));
    assert_eq!(spans(&answer).len(), 3);
}
