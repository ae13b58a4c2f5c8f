//! Streamable HTTP: who is let in, and how it ends.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::json;
use support::server::{builder, builder_with_gate, server};
use support::tree::text;
use support::wire::{Client, Running, ask, initialize};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

async fn post(url: &str, header: (&str, &str)) -> StatusCode {
    let request = support::http::client()
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header(header.0, header.1)
        .body(initialize().to_string());
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn foreign_pages_and_names_are_refused() {
    let running = Running::start(server()).await;
    for (header, status) in [
        (("origin", "http://evil.example"), StatusCode::FORBIDDEN),
        (("origin", "null"), StatusCode::FORBIDDEN),
        (("origin", "http://localhost:5173"), StatusCode::OK),
        (("origin", "http://127.0.0.1"), StatusCode::OK),
        (("host", "evil.example"), StatusCode::FORBIDDEN),
        (("host", "localhost"), StatusCode::OK),
    ] {
        assert_eq!(post(&running.url, header).await, status, "{header:?}");
    }
}

#[tokio::test]
async fn hosts_and_origins_can_be_named() {
    let builder = builder("http://127.0.0.1:9", 1);
    let builder = builder
        .allowed_hosts(["tools.example"])
        .allowed_origins(["https://app.example:443"]);
    let running = Running::start(builder.build().unwrap()).await;
    assert_eq!(
        post(&running.url, ("host", "tools.example")).await,
        StatusCode::OK
    );
    assert_eq!(
        post(&running.url, ("host", "localhost")).await,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let first = server().bind_http("127.0.0.1:0").await.unwrap();
    let address = first.local_addr().to_string();
    let error = server().bind_http(address.clone()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("cannot listen on {address}: ")),
        "{error}"
    );
}

#[tokio::test]
async fn a_shutdown_lets_calls_in_flight_finish() {
    let gate = Arc::new(Barrier::new(3));
    let server = builder_with_gate("http://127.0.0.1:9", Arc::clone(&gate));
    let mut running = Running::start(server.build().unwrap()).await;
    let server = running.server.clone();
    let mut stateless = Client::stateless(&running.url);
    let mut session = Client::with_session(&running.url).await;
    let shutting_down = async {
        // Two calls, each with its root span and the phase it waits in.
        while server.open_spans() < 4 {
            tokio::task::yield_now().await;
        }
        running.stop();
        while TcpStream::connect(running.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        gate.wait().await;
    };
    let (first, second, ()) = tokio::join!(
        stateless.call("meet", json!({"label": 1}), ask(true)),
        session.call("meet", json!({"label": 2}), ask(true)),
        shutting_down,
    );
    assert_eq!((text(&first), text(&second)), ("1", "2"));
}

#[tokio::test]
async fn an_ended_session_is_not_found() {
    let running = Running::start(server()).await;
    let client = Client::with_session(&running.url).await;
    let Client::Http {
        session: Some(session),
        http,
        url,
    } = client
    else {
        panic!("a session")
    };
    let delete = http
        .delete(&url)
        .header("mcp-session-id", &session)
        .send()
        .await
        .unwrap();
    assert!(delete.status().is_success(), "{}", delete.status());
    let (answer, _) = support::wire::post(
        &http,
        &url,
        Some(&session),
        &json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {},
        }),
    )
    .await;
    assert_eq!(answer, "Not Found: Session not found");
}
