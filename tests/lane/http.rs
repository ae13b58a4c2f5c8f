//! Over HTTP, the bytes around the spans are right as well.

use std::io::Write as _;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::map_response;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use glassbox::http;
use rmcp::transport::StreamableHttpServerConfig;
use serde_json::{Value, json};
use support::tree::{spans, text};
use support::wire::{Client, ask, request_over_http};

use crate::parrot::{parrot, result};
use crate::{AS_TEXT, call, stateless};

/// Compresses answers whole.
async fn compress(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    let compressed = encoder.finish().unwrap();
    parts.headers.remove("content-length");
    parts
        .headers
        .insert("content-encoding", "gzip".parse().unwrap());
    Response::from_parts(parts, Body::from(compressed))
}

/// Serves a parrot, in a router that somebody else has made.
async fn serve(json_response: bool, compresses: bool) -> String {
    let config = StreamableHttpServerConfig::default().with_json_response(json_response);
    let mut router = Router::new().route_service("/mcp", http::service(parrot(), config));
    if compresses {
        router = router.layer(map_response(compress));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/mcp")
}

async fn send(url: &str, message: &Value) -> reqwest::Response {
    let http = support::http::client();
    request_over_http(&http, url, None, message)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_length_of_the_answer_is_that_of_its_bytes() {
    let url = serve(true, false).await;
    for (phases, meta) in [
        (0, ask(true)),
        (200, ask(true)),
        (200, ask(false)),
        (3, json!({})),
    ] {
        let message = stateless(call(1, result(phases, "hello", &Value::Null), meta.clone()));
        let response = send(&url, &message).await;
        let length = response.headers()["content-length"]
            .to_str()
            .unwrap()
            .to_owned();
        let body = response.text().await.unwrap();
        assert_eq!(length, body.len().to_string());
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(text(&answer), "hello");
        assert_eq!(body.contains(AS_TEXT), meta != json!({}));
    }
}

#[tokio::test]
async fn spans_join_before_others_compress() {
    for json_response in [true, false] {
        let url = serve(json_response, true).await;
        let message = stateless(call(1, result(20, "hello", &Value::Null), ask(true)));
        let response = send(&url, &message).await;
        assert_eq!(response.headers()["content-encoding"], "gzip");
        let compressed = response.bytes().await.unwrap();
        let body = std::io::read_to_string(flate2::read::GzDecoder::new(&*compressed)).unwrap();
        assert!(body.contains(AS_TEXT), "{body}");
        let message = body
            .lines()
            .find_map(|line| line.find('{').map(|at| &line[at..]));
        let answer: Value = serde_json::from_str(message.unwrap()).unwrap();
        assert_eq!(spans(&answer).len(), 21);
    }
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_spans_is_as_without_glassbox() {
    let [with, without] = [ask(true), json!({})]
        .map(|meta| stateless(call(1, result(2, "hello", &json!({"mine": 1})), meta)));
    let url = serve(true, false).await;
    let asked = send(&url, &with).await.text().await.unwrap();
    let silent = send(&url, &without).await.text().await.unwrap();
    assert!(!silent.contains("otel"), "{silent}");
    let (before, rest) = asked
        .split_once(r#","otel":{"traces":"#)
        .unwrap_or_else(|| asked.split_once(r#""otel":{"traces":"#).unwrap());
    assert!(silent.starts_with(before), "{asked} {silent}");
    assert!(rest.len() > 1_000);
}

#[tokio::test]
async fn a_large_result_comes_whole() {
    let url = serve(true, false).await;
    let long = "\"traces\":{\"droppedSpanCount\":3,\"placeholder\":\"".repeat(20_000);
    let message = stateless(call(1, result(2, &long, &Value::Null), ask(true)));
    let mut client = Client::stateless(&url);
    let answer = client.send(message).await;
    assert_eq!(text(&answer), long);
    assert_eq!(spans(&answer).len(), 3);
}
