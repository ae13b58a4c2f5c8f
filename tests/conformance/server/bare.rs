//! S01, to the last byte: what does not ask is answered as by the same rmcp server without Glassbox.

use glassbox::{EXTENSION_ID, MARCH_CAPABILITY};
use serde_json::{Value, json};
use support::matrix::{Host, Method, Serving, Setup, Transport, exchange};
use support::wire::{Client, STATELESS, ask, initialize};

use super::{PARENT, STDIO, TRACE};

/// Requests of every kind, with an id each.
fn requests(is_stateless: bool) -> Vec<Value> {
    let traced = json!({"traceparent": format!("00-{TRACE}-{PARENT}-01"), "progressToken": "t"});
    let junk = json!({"otel": {"traces": {"request": 1}}, "progressToken": 5});
    let mut all = Vec::new();
    for method in Host::Bare.methods() {
        for deed in [
            "stages",
            "fail",
            "many",
            "protocol_error",
            "error_with_data",
            "error_with_text",
            "forbidden",
            "no_such_deed",
            "notify",
        ] {
            for meta in [json!({}), traced.clone(), junk.clone()] {
                let mut params = method.params(deed, "3");
                params["_meta"] = meta;
                all.push((method.name(), params));
            }
        }
        all.push((method.name(), json!({"name": [7], "uri": [7]})));
        all.push((
            method.name(),
            json!({"name": "stages", "arguments": {"value": 7}}),
        ));
    }
    for method in [
        "tools/list",
        "resources/list",
        "resources/templates/list",
        "prompts/list",
        "ping",
        "no/such/method",
    ] {
        all.push((method, json!({})));
    }
    all.push(("logging/setLevel", json!({"level": "info"})));
    let reference = json!({"type": "ref/prompt", "name": "stages"});
    let argument = json!({"name": "value", "value": "s"});
    let complete = json!({"ref": reference, "argument": argument});
    all.push(("completion/complete", complete));
    let numbered = (10..).zip(all);
    numbered
        .map(|(id, (method, params))| request(id, method, params, is_stateless))
        .collect()
}

fn request(id: u32, method: &str, mut params: Value, is_stateless: bool) -> Value {
    if is_stateless {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(STATELESS);
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn notifications() -> [Value; 3] {
    let notification =
        |method: &str, params: Value| json!({"jsonrpc": "2.0", "method": method, "params": params});
    [
        notification("notifications/cancelled", json!({"requestId": 999})),
        notification(
            "notifications/progress",
            json!({"progressToken": "t", "progress": 1}),
        ),
        notification("notifications/made-up", json!({})),
    ]
}

async fn start(host: Host, is_off: bool, transport: Transport) -> Serving {
    let setup = Setup {
        host,
        is_off,
        ..Setup::default()
    };
    Serving::start(STDIO, &setup, transport).await
}

async fn send_all(client: &mut Client, notifications: &[Value]) -> Vec<String> {
    let mut answers = Vec::new();
    for notification in notifications {
        match client {
            Client::Http { .. } => answers.push(exchange(client, notification).await),
            Client::Stdio { .. } => client.post(notification).await,
        }
    }
    answers
}

#[tokio::test]
async fn s01_what_does_not_ask_is_answered_as_by_the_bare_server_to_the_last_byte() {
    for transport in Transport::ALL {
        for is_off in [false, true] {
            // Both begin anew: events of a session are numbered.
            let mut bare = start(Host::Bare, false, transport).await;
            let mut wrapped = start(Host::Wrapped, is_off, transport).await;
            let mut notified = Vec::new();
            for message in requests(transport.is_stateless) {
                let expected = exchange(&mut bare.client, &message).await;
                let found = exchange(&mut wrapped.client, &message).await;
                assert_eq!(found, expected, "{transport} {message}");
                let kinds = ["notifications/progress", "notifications/message"];
                notified.extend(kinds.into_iter().filter(|kind| expected.contains(kind)));
            }
            notified.sort_unstable();
            notified.dedup();
            // In a session over HTTP, log messages come on a stream of their own.
            let both = ["notifications/message", "notifications/progress"];
            let has_stream = transport.is_http && !transport.is_stateless;
            assert_eq!(notified, both[usize::from(has_stream)..], "{transport}");
            let expected = send_all(&mut bare.client, &notifications()).await;
            let found = send_all(&mut wrapped.client, &notifications()).await;
            assert_eq!(found, expected, "{transport}");
        }
    }
}

/// The answer that lists capabilities.
async fn announcement(host: Host, is_off: bool, is_http: bool, message: &Value) -> String {
    let transport = Transport {
        is_http,
        is_stateless: true,
    };
    let mut serving = start(host, is_off, transport).await;
    exchange(&mut serving.client, message).await
}

#[tokio::test]
async fn s01_the_advertisement_is_all_that_a_server_says_unasked() {
    let discover = request(1, "server/discover", json!({}), true);
    for is_http in [true, false] {
        for message in [&initialize(), &discover] {
            let bare = announcement(Host::Bare, false, is_http, message).await;
            let off = announcement(Host::Wrapped, true, is_http, message).await;
            assert_eq!(off, bare, "telemetry that is off says nothing");

            let wrapped = announcement(Host::Wrapped, false, is_http, message).await;
            let mut found = last_json(&wrapped);
            let capabilities = found["result"]["capabilities"].as_object_mut().unwrap();
            assert!(capabilities.remove(MARCH_CAPABILITY).is_some());
            let extensions = capabilities["extensions"].as_object_mut().unwrap();
            assert!(extensions.remove(EXTENSION_ID).is_some());
            assert!(extensions.is_empty());
            capabilities.remove("extensions");
            assert_eq!(found, last_json(&bare));
        }
    }
}

fn last_json(text: &str) -> Value {
    let lines = text.lines().rev();
    let mut messages =
        lines.filter_map(|line| serde_json::from_str(line.trim_start_matches("data: ")).ok());
    let mut messages = messages.by_ref().filter(Value::is_object);
    messages.next().unwrap()
}

#[tokio::test]
async fn s01_prompts_that_are_not_covered_are_answered_as_by_the_bare_server() {
    let setup = Setup {
        ignores_prompts: true,
        ..Setup::default()
    };
    for transport in Transport::ALL {
        let mut bare = start(Host::Bare, false, transport).await;
        let wrapped = setup.clone().with_host(Host::Wrapped);
        let mut wrapped = Serving::start(STDIO, &wrapped, transport).await;
        for deed in [
            "stages",
            "protocol_error",
            "forbidden",
            "no_such_deed",
            "notify",
        ] {
            let mut params = Method::Prompt.params(deed, "");
            params["_meta"] = ask(true);
            let message = request(10, "prompts/get", params, transport.is_stateless);
            let expected = exchange(&mut bare.client, &message).await;
            let found = exchange(&mut wrapped.client, &message).await;
            assert_eq!(found, expected, "{transport} {deed}");
        }
    }
}
