//! Connections, sessions and servers that end in the middle of a call.

use opentelemetry_sdk::trace::InMemorySpanExporter;
use serde_json::{Value, json};
use support::server::builder;
use support::tree::tree;
use support::wire::{Client, Running, ask, ask_under, post};

use crate::{TRACEPARENT, call, exported, exporting, until};

/// A server that exports, with a call in it, made in a session.
struct Inside {
    running: Running,
    exporter: InMemorySpanExporter,
    client: Client,
    calling: tokio::task::JoinHandle<Value>,
}

impl Inside {
    async fn a_session() -> Self {
        let (exporter, options) = exporting();
        let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
        let running = Running::start(server.unwrap()).await;
        let client = Client::with_session(&running.url).await;
        let Client::Http { url, session, http } = &client else {
            unreachable!("it is over HTTP")
        };
        let (url, session, http) = (url.clone(), session.clone(), http.clone());
        let calling = tokio::spawn(async move {
            let call = call(2, "hang", json!({}), ask_under(TRACEPARENT));
            post(&http, &url, session.as_deref(), &call).await.0
        });
        until(|| running.server.open_spans() == 2).await;
        Self {
            running,
            exporter,
            client,
            calling,
        }
    }

    fn session(&self) -> (&reqwest::Client, &str, &str) {
        match &self.client {
            Client::Http {
                url,
                session: Some(session),
                http,
            } => (http, url, session),
            _ => unreachable!("it has a session"),
        }
    }

    async fn cancel(&self) {
        let (http, url, session) = self.session();
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": 2}});
        post(http, url, Some(session), &cancel).await;
    }

    async fn ended_as_cancelled(&self) {
        until(|| self.running.server.open_spans() == 0).await;
        until(|| exported(&self.exporter).len() == 2).await;
        for (name, class) in exported(&self.exporter) {
            assert_eq!(class, "cancelled", "{name}");
        }
    }
}

#[tokio::test]
async fn a_call_of_a_session_is_cancelled_by_a_notification() {
    let mut inside = Inside::a_session().await;
    inside.cancel().await;
    inside.ended_as_cancelled().await;
    // The session lives on.
    let sum = json!({"left": 1, "right": 2});
    let answer = inside.client.call("add", sum, ask(true)).await;
    assert_eq!(tree(&answer), "tools/call add SERVER\n  sum\n");
}

#[tokio::test]
async fn a_call_of_a_session_outlives_its_connection_and_can_still_be_cancelled() {
    let inside = Inside::a_session().await;
    // To hang up is not to cancel (MCP, Streamable HTTP): the answer could be
    // fetched on another connection.
    inside.calling.abort();
    let (http, url, session) = inside.session();
    let ping = json!({"jsonrpc": "2.0", "id": 3, "method": "ping"});
    post(http, url, Some(session), &ping).await;
    assert_eq!(inside.running.server.open_spans(), 2);
    inside.cancel().await;
    inside.ended_as_cancelled().await;
}

#[tokio::test]
async fn a_session_that_is_deleted_takes_its_calls_along() {
    let inside = Inside::a_session().await;
    let (http, url, session) = inside.session();
    let delete = http.delete(url).header("mcp-session-id", session);
    assert!(delete.send().await.unwrap().status().is_success());
    // rmcp gives calls 5 seconds to end.
    inside.ended_as_cancelled().await;
}

#[tokio::test]
async fn a_shutdown_cuts_off_calls_that_do_not_end() {
    for with_session in [false, true] {
        let (exporter, options) = exporting();
        let server = builder("http://127.0.0.1:9", 1).telemetry(options).build();
        let server = server.unwrap();
        let bound = server.clone().bind_http("127.0.0.1:0").await.unwrap();
        let url = bound.url();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(bound.serve_until(async move { drop(stopped.await) }));
        let mut client = if with_session {
            Client::with_session(&url).await
        } else {
            Client::stateless(&url)
        };
        let meta = ask_under(TRACEPARENT);
        let calling = tokio::spawn(async move { client.call("hang", json!({}), meta).await });
        until(|| server.open_spans() == 2).await;
        // Nothing else happens from here on but waiting for the grace to end.
        tokio::time::pause();
        drop(stop);
        serving.await.unwrap().unwrap();
        until(|| server.open_spans() == 0).await;
        until(|| exported(&exporter).len() == 2).await;
        for (name, class) in exported(&exporter) {
            assert_eq!(class, "cancelled", "{name}");
        }
        calling.abort();
        tokio::time::resume();
    }
}
