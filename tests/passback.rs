//! Who gets which spans, over HTTP: policy, grants, rates and secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use glassbox::http_client::{TracingMiddleware, UrlTemplate};
use glassbox::{
    AttributeMatch, PassbackCounts, PassbackGrant, PassbackPolicy, PassbackRateLimit, Server,
    ServerBuilder, SpanMatch, mcp_tool, phase,
};
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use rmcp::RoleServer;
use rmcp::service::RequestContext;
use serde_json::{Value, json};
use support::server::builder;
use support::transports::over_http;
use support::tree::{attributes, span, spans, text, traces, tree};
use support::upstream::Upstream;
use support::wire::{Running, STATELESS, ask};

/// Calls a tool of a stateless server with headers of the test's own.
async fn call(
    running: &Running,
    tool: &str,
    arguments: Value,
    mut meta: Value,
    headers: &[(&str, &str)],
) -> Value {
    meta["io.modelcontextprotocol/protocolVersion"] = STATELESS.into();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
    let mut request = support::http::client()
        .post(&running.url)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", STATELESS)
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .body(message.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = request.send().await.unwrap().text().await.unwrap();
    let message = body
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .rfind(|data| !data.trim().is_empty())
        .unwrap_or(&body);
    serde_json::from_str(message).unwrap()
}

fn server() -> ServerBuilder {
    builder("http://127.0.0.1:9", 1)
}

fn header(request: &RequestContext<RoleServer>, name: &str) -> Option<String> {
    let parts = request.extensions.get::<axum::http::request::Parts>()?;
    Some(parts.headers.get(name)?.to_str().ok()?.to_owned())
}

fn counts(set: impl FnOnce(&mut PassbackCounts)) -> PassbackCounts {
    let mut counts = PassbackCounts::default();
    set(&mut counts);
    counts
}

#[tokio::test]
async fn detail_goes_to_one_customer_only() {
    let grant = |request: &RequestContext<RoleServer>| match header(request, "x-customer") {
        Some(customer) if customer == "acme" => PassbackGrant::Detailed,
        Some(customer) if customer == "broken" => panic!("no such customer"),
        Some(_) => PassbackGrant::TopLevel,
        None => PassbackGrant::Refuse,
    };
    let running = Running::start(server().passback_grant(grant).build().unwrap()).await;
    let order = |headers| {
        let running = &running;
        async move { call(running, "order", json!({"number": 1}), ask(true), headers).await }
    };
    let all = order(&[("x-customer", "acme")]).await;
    assert_eq!(spans(&all).len(), 7);
    let top = order(&[("x-customer", "other")]).await;
    assert_eq!(spans(&top).len(), 4);
    assert_eq!(traces(&top)["truncated"], false, "it was not granted");
    for headers in [&[][..], &[("x-customer", "broken")]] {
        let refused = order(headers).await;
        assert_eq!(refused["result"].get("_meta"), None, "as if not asked");
        assert_eq!(refused["result"]["structuredContent"]["number"], 1);
    }
    let error = call(&running, "protocol_error", json!({}), ask(true), &[]).await;
    assert_eq!(error["error"].get("data"), None);
    let expected = counts(|counts| {
        counts.refused_requests = 2;
        counts.failed_grants = 1;
        // `client.address` and `client.port`, of two calls.
        counts.withheld_attributes = 4;
    });
    assert_eq!(running.server.passback_counts(), expected);
    assert_eq!(running.server.open_spans(), 0);
}

#[tokio::test]
async fn who_does_not_ask_is_not_asked_about() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let grant = move |_: &RequestContext<RoleServer>| {
        seen.fetch_add(1, Ordering::Relaxed);
        PassbackGrant::Detailed
    };
    let running = Running::start(server().passback_grant(grant).build().unwrap()).await;
    call(
        &running,
        "add",
        json!({"left": 1, "right": 1}),
        json!({}),
        &[],
    )
    .await;
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(running.server.passback_counts(), PassbackCounts::default());
}

#[tokio::test]
async fn a_caller_over_its_rate_is_answered_without_spans() {
    let limit = PassbackRateLimit::new(2, Duration::from_secs(3_600))
        .with_caller(|request| header(request, "x-customer"));
    let running = Running::start(server().passback_rate_limit(limit).build().unwrap()).await;
    let mut with_spans = Vec::new();
    for customer in ["a", "a", "a", "b", "a", "b", "b"] {
        let headers = [("x-customer", customer)];
        let sum = json!({"left": 2, "right": 3});
        let answer = call(&running, "add", sum, ask(true), &headers).await;
        assert_eq!(text(&answer), "5");
        with_spans.push(answer["result"].get("_meta").is_some());
    }
    assert_eq!(with_spans, [true, true, false, true, false, true, false]);
    let expected = counts(|counts| {
        counts.rate_limited_requests = 3;
        // `client.address` and `client.port`, of four calls.
        counts.withheld_attributes = 8;
    });
    assert_eq!(running.server.passback_counts(), expected);
}

#[tokio::test]
async fn spans_are_merged_and_hidden_and_what_is_left_is_one_tree() {
    let policy = PassbackPolicy::default()
        .merge_spans("store")
        .merge_spans(SpanMatch::name("tools/*"))
        .hide_spans(SpanMatch::name("check").in_scope("glassbox"));
    let server = server().passback_policy(policy).build().unwrap();
    for mut at in over_http(server).await {
        for detailed in [true, false] {
            let order = json!({"number": 1});
            let answer = at.client.call("order", order, ask(detailed)).await;
            assert_eq!(
                tree(&answer),
                "tools/call order SERVER\n  write\n  write\n  format\n",
                "{}",
                at.name
            );
            let dropped = if detailed { 3 } else { 2 };
            assert_eq!(traces(&answer)["droppedSpanCount"], dropped);
            assert_eq!(traces(&answer)["truncated"], true);
        }
    }
}

#[tokio::test]
async fn declared_attributes_can_be_held_back_hashed_and_redacted() {
    let policy = PassbackPolicy::default()
        .withhold("order.number")
        .hash(AttributeMatch::key("part").in_scope("glassbox"))
        .redact("order.has_note", |value| {
            Some(format!("was {value}").into())
        });
    let running = Running::start(server().passback_policy(policy).build().unwrap()).await;
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let answer = call(&running, "order", json!({"number": 1}), ask(true), &[]).await;
        let check = span(&answer, "check");
        assert_eq!(attributes(check).get("order.number"), None);
        assert_eq!(attributes(check)["order.has_note"], "was false");
        assert_eq!(check["droppedAttributesCount"], 1);
        let writes = spans(&answer);
        let writes = writes.iter().filter(|span| span["name"] == "write");
        hashes.push(
            writes
                .map(|span| attributes(span)["part"].clone())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(
        hashes[0], hashes[1],
        "the same in every answer of this process"
    );
    assert_ne!(hashes[0][0], hashes[0][1]);
    assert!(hashes[0].iter().all(|hash| hash.starts_with("hash:")));
}

#[tokio::test]
async fn a_redaction_that_panics_harms_no_call_not_even_one_that_panics_itself() {
    let policy = PassbackPolicy::default().redact("*", |_| panic!("redaction"));
    let running = Running::start(server().passback_policy(policy).build().unwrap()).await;
    let answer = call(&running, "order", json!({"number": 1}), ask(true), &[]).await;
    assert_eq!(answer["result"]["structuredContent"]["number"], 1);
    assert_eq!(spans(&answer).len(), 7);
    assert!(
        spans(&answer)
            .iter()
            .all(|span| attributes(span).is_empty())
    );
    let answer = call(&running, "explode", json!({}), ask(true), &[]).await;
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(
        tree(&answer),
        "tools/call explode SERVER ERROR\n  fuse ERROR\n"
    );
    assert!(running.server.passback_counts().failed_redactions > 10);
}

#[tokio::test]
async fn error_texts_leave_only_if_the_policy_says_so() {
    for with_error_texts in [false, true] {
        let policy = PassbackPolicy::default().with_error_texts(with_error_texts);
        let server = server().passback_policy(policy).build().unwrap();
        for mut at in over_http(server).await {
            let answer = at.client.call("protocol_error", json!({}), ask(true)).await;
            let root = span(&answer, "tools/call protocol_error");
            let expected = if with_error_texts {
                json!({"code": 2, "message": "the backend is down"})
            } else {
                json!({"code": 2})
            };
            assert_eq!(root["status"], expected, "{}", at.name);
        }
    }
}

#[tokio::test]
async fn the_reference_profile_comes_in_addition() {
    let server = server().reference_profile(true).build().unwrap();
    for mut at in over_http(server).await {
        let answer = at
            .client
            .call("order", json!({"number": 1}), ask(true))
            .await;
        assert_eq!(spans(&answer).len(), 7);
        for one in spans(&answer) {
            let name = one["name"].as_str().unwrap();
            let found = attributes(one);
            let is_root = name == "tools/call order";
            let tool = if is_root { "order" } else { name };
            assert_eq!(found["gen_ai.system"], "mcp", "{name}");
            assert_eq!(found["gen_ai.operation.name"], "execute_tool", "{name}");
            assert_eq!(found["gen_ai.tool.name"], tool);
            let root_only = ["mcp.method", "mcp.tool", "mcp.method.name"];
            let values = root_only.map(|key| found.get(key).map(String::as_str));
            let expected = if is_root {
                [Some("tools/call"), Some("order"), Some("tools/call")]
            } else {
                [None; 3]
            };
            assert_eq!(values, expected, "{name}");
        }
        let read = json!({"uri": "note://1", "_meta": ask(false)});
        let answer = at.client.request("resources/read", read).await;
        let found = attributes(span(&answer, "resources/read"));
        assert_eq!(found["mcp.method"], "resources/read");
        assert_eq!(found.get("mcp.tool"), None);
    }
}

/// A credential of the caller, and one of the server.
const TOKEN: &str = "caller-token-1f2e3d";
const KEY: &str = "upstream \"key\"/9c8b7a";

struct BaseUrl(String);

/// Puts secrets wherever an author could put them by mistake.
#[mcp_tool]
async fn spill(base_url: &BaseUrl, text: String) -> String {
    #[phase("spill", spill.text = text, spill.key = KEY, spill.number = 271_828_182)]
    {
        let context = Context::current();
        let span = context.span();
        span.set_attribute(KeyValue::new(KEY, format!("{{\"key\": {:?}}}", KEY)));
        span.set_attribute(KeyValue::new("added.token", format!("Bearer {TOKEN}")));
        span.set_status(Status::error(format!("{TOKEN} was refused")));
        let client = reqwest_middleware::ClientBuilder::new(support::http::client())
            .with(TracingMiddleware::new())
            .build();
        let url = format!("{}/ok?key={TOKEN}", base_url.0);
        let request = client.get(url).with_extension(UrlTemplate("/ok"));
        let _ = request.send().await;
    }
    text
}

#[tokio::test]
async fn known_secrets_leave_in_no_form() {
    let upstream = Upstream::start().await;
    let everything = PassbackPolicy::default()
        .publish("*")
        .with_error_texts(true);
    let server = Server::builder(format!("server of {TOKEN}"), KEY)
        .inject(BaseUrl(upstream.url().to_owned()))
        .tool::<spill>()
        .passback_policy(everything)
        .redact(KEY)
        .redact("271828182")
        .build()
        .unwrap();
    let running = Running::start(server).await;
    let authorization = format!("Bearer {TOKEN}");
    let headers = [("authorization", authorization.as_str())];
    // Base64 of `user:caller-token-1f2e3d`, and both percent-encoded.
    let texts = [
        TOKEN.to_owned(),
        "dXNlcjpjYWxsZXItdG9rZW4tMWYyZTNk".to_owned(),
        format!("https://me:{TOKEN}@host/?k=upstream%20%22key%22%2F9c8b7a"),
        format!("{}{TOKEN}", "x".repeat(1_024 - 9)),
    ];
    let mut meta = ask(true);
    meta["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01".into();
    meta["tracestate"] = format!("vendor={TOKEN}").into();
    for text in texts {
        let arguments = json!({"text": text});
        let answer = call(&running, "spill", arguments, meta.clone(), &headers).await;
        assert_eq!(
            support::tree::text(&answer),
            text,
            "the result is left alone"
        );
        assert_eq!(tree(&answer).lines().count(), 3, "{}", tree(&answer));
        let left = traces(&answer).to_string();
        for secret in [
            "caller-token",
            "caller-to",
            "9c8b7a",
            "271828182",
            "dG9rZW4",
            "%20%22key",
        ] {
            assert!(!left.contains(secret), "{secret} in {left}");
        }
        assert!(left.contains("[redacted]"));
    }
    // The name of a tool is the caller's to choose.
    let answer = call(&running, TOKEN, json!({}), meta, &headers).await;
    assert_eq!(spans(&answer)[0]["name"], "tools/call [redacted]");
    assert!(running.server.passback_counts().redacted_secrets > 40);
}

#[test]
fn a_secret_too_short_to_be_one_is_an_error_that_does_not_show_it() {
    let error = server().redact("long enough").redact("12345").build();
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("secret number 2 has 5 bytes"), "{error}");
    assert!(!error.contains("12345"));
}

#[tokio::test]
async fn what_is_called_names_a_span_that_the_client_gets() {
    let upstream = Upstream::start().await;
    let server = builder(upstream.url(), 1).build().unwrap();
    for mut at in over_http(server).await {
        // The request is deeper than the top level, and so no span of its own.
        for (detailed, name) in [(true, "GET /{path}"), (false, "upstream")] {
            let arguments = json!({"path": "/x"});
            let answer = at.client.call("fetch", arguments, ask(detailed)).await;
            let above = span(&answer, name);
            let text = |key: &str| above[key].as_str().unwrap();
            let headers = upstream.seen().pop().unwrap();
            let sent = headers["traceparent"].to_str().unwrap();
            let expected = format!("00-{}-{}-", text("traceId"), text("spanId"));
            assert!(sent.starts_with(&expected), "{}: {sent}", at.name);
        }
    }
}
