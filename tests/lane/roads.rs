//! Both roads to an answer end in the same one.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use glassbox::{Instrumented, PassbackLimits, http};
use proptest::prelude::*;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::tree;
use support::wire::{Client, ask, request_over_http};

use crate::parrot::{Parrot, error, parrot, result};
use crate::{AS_TEXT, call, stateless};

/// The answer without what is different every time.
fn normal(mut answer: Value) -> Value {
    rename(&mut answer, &mut HashMap::new());
    answer
}

fn rename(value: &mut Value, ids: &mut HashMap<String, usize>) {
    match value {
        Value::Object(members) => {
            // In the order of the tree: the order of members is not that of a map.
            for key in ["traceId", "spanId", "parentSpanId"] {
                if let Some(Value::String(id)) = members.get(key) {
                    let next = ids.len();
                    let name = *ids.entry(id.clone()).or_insert(next);
                    members.insert(key.to_owned(), name.into());
                }
            }
            for (key, member) in members {
                match key.as_str() {
                    "startTimeUnixNano" | "endTimeUnixNano" => *member = Value::Null,
                    _ => rename(member, ids),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, ids)),
        _ => {}
    }
}

/// The answers as text and as value, over a pipe.
async fn both(handler: &Instrumented<Parrot>, message: &Value) -> (String, Value) {
    let mut by_lane = Pipe::over_lines(handler.clone());
    let mut by_value = Pipe::serve(handler.clone());
    by_lane.post(message.clone()).await;
    let line = by_lane.next_line().await;
    let answer = by_value.send(message.clone()).await;
    (line, answer)
}

fn author_meta() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!({"mine": 1, "z": [{}]})),
        Just(json!({"otel": {}})),
        Just(json!({"otel": {"a": 1}})),
        Just(json!({"otel": {"z": 1}})),
        Just(json!({"otel": {"a": 1, "z": 1}, "x": {"traces": {"resourceSpans": []}}})),
        Just(json!({"otel": {"traces": "mine"}})),
        Just(json!({"otel": "mine"})),
        Just(json!({"otel": null})),
    ]
}

fn data() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("text")),
        Just(json!([1])),
        Just(json!({"hint": 1})),
        Just(json!({"_meta": 1})),
        author_meta().prop_map(|meta| json!({"a": 1, "_meta": meta})),
        author_meta().prop_map(|meta| json!({"_meta": meta, "z": "\u{0}\"\\"})),
    ]
}

fn arguments() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_usize..6, "\\PC{0,9}", author_meta())
            .prop_map(|(phases, text, meta)| result(phases, &text, &meta)),
        (0_usize..6, data()).prop_map(|(phases, data)| error(phases, &data)),
        author_meta().prop_map(|meta| json!({"input": "later", "phases": 1, "_meta": meta})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn text_and_value_are_the_same_telemetry(
        arguments in arguments(),
        detailed in any::<bool>(),
        max_spans in 1_usize..8,
        max_total_bytes in prop_oneof![Just(240_000), 0_usize..3_000],
        no_room in prop::bool::weighted(0.1),
    ) {
        let mut limits = PassbackLimits::default();
        limits.max_spans = max_spans;
        limits.max_total_bytes = max_total_bytes;
        if no_room {
            limits.max_answer_bytes = 10;
        }
        let handler = parrot().passback_limits(limits);
        let message = stateless(call(1, arguments, ask(detailed)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (line, by_value) = runtime.block_on(both(&handler, &message));
        let by_lane: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(normal(by_lane), normal(by_value));
    }
}

#[tokio::test]
async fn on_a_pipe_the_road_is_the_lane() {
    let message = stateless(call(1, result(3, "hello", &Value::Null), ask(true)));
    let (line, by_value) = both(&parrot(), &message).await;
    assert!(line.contains(AS_TEXT), "{line}");
    assert!(!by_value.to_string().contains(AS_TEXT));
    let by_lane: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(tree(&by_lane), tree(&by_value));
}

/// The bytes of the answer to `message`, and whether they are events.
async fn bytes(client: &Client, message: &Value) -> (String, bool) {
    let Client::Http { url, session, http } = client else {
        panic!("over HTTP");
    };
    let request = request_over_http(http, url, session.as_deref(), message);
    let response = request.send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap();
    let is_events = kind.starts_with("text/event-stream");
    (response.text().await.unwrap(), is_events)
}

/// The one answer in a body.
fn answer((body, is_events): &(String, bool)) -> Value {
    if !is_events {
        return serde_json::from_str(body).unwrap();
    }
    let messages = body.lines().filter_map(|line| line.strip_prefix("data:"));
    let messages = messages
        .map(str::trim)
        .filter(|message| !message.is_empty());
    let messages: Vec<Value> = messages
        .map(|message| serde_json::from_str(message).unwrap())
        .collect();
    assert_eq!(messages.len(), 1, "{body}");
    messages[0].clone()
}

/// Serves both roads, and gives their URLs.
async fn serve_both(json_response: bool) -> [String; 2] {
    let config = StreamableHttpServerConfig::default().with_json_response(json_response);
    let handler = parrot();
    let by_lane = http::service(handler.clone(), config.clone());
    let by_value = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let router = Router::new()
        .route_service("/lane", by_lane)
        .route_service("/value", by_value);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    ["lane", "value"].map(|road| format!("http://{address}/{road}"))
}

#[tokio::test]
async fn over_http_in_all_its_forms_both_roads_give_the_same() {
    let text = "a \"quoted\" line\n";
    for (json_response, has_session) in [(true, false), (false, false), (true, true), (false, true)]
    {
        let [mut lane, mut value] = [Vec::new(), Vec::new()];
        for (url, seen) in serve_both(json_response)
            .await
            .iter()
            .zip([&mut lane, &mut value])
        {
            let client = if has_session {
                Client::with_session(url).await
            } else {
                Client::stateless(url)
            };
            let get = |method: &str, params: Value| {
                let mut params = params;
                params["_meta"] = ask(true);
                json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
            };
            let mut messages = vec![
                call(7, result(3, text, &Value::Null), ask(true)),
                call(7, result(3, text, &json!({"otel": {"z": 1}})), ask(false)),
                call(7, error(2, &Value::Null), ask(true)),
                call(7, error(2, &json!({"hint": text})), ask(true)),
                get("resources/read", json!({"uri": "note://1"})),
                get("prompts/get", json!({"name": "one"})),
            ];
            if !has_session {
                let arguments = json!({"input": "later", "phases": 1});
                messages.push(call(7, arguments, ask(true)));
                messages = messages.into_iter().map(stateless).collect();
            }
            for message in messages {
                seen.push(bytes(&client, &message).await);
            }
        }
        for (lane, value) in lane.iter().zip(&value) {
            assert_eq!(lane.1, value.1);
            assert_eq!(lane.1, has_session || !json_response);
            assert_eq!(lane.0.matches(AS_TEXT).count(), 1, "{}", lane.0);
            assert!(!value.0.contains(AS_TEXT), "{}", value.0);
            assert_eq!(normal(answer(lane)), normal(answer(value)));
        }
    }
}
