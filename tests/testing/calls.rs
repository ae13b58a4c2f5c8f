//! What is sent, and what comes back.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use glassbox::testing::{self, NoResult, Request};
use glassbox::{
    Instrumented, PassbackGrant, PassbackPolicy, PassbackRequest, Server, mcp_prompt, mcp_resource,
};
use rmcp::model::{
    ErrorCode, GetPromptRequestParams, GetPromptResponse, GetPromptResult, PromptMessage, Role,
    ServerCapabilities, ServerConfig, ServerNotification,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use crate::shop::{self, server};

#[tokio::test]
async fn a_call_has_the_result_and_the_spans() {
    let call = testing::call(&server(), "total", json!({"lines": [1, 2]})).await;
    assert_eq!(
        call.result().unwrap().structured_content,
        Some(json!(3)),
        "as for clients of protocol 2026-07-28"
    );
    assert_eq!(
        call.tree(),
        "tools/call total SERVER\n├─ load order.lines=2\n└─ add\n"
    );
    assert!(call.error().is_none());
    assert_eq!(call.span_tree().len(), 3);
    let traces = &call.meta().unwrap()["otel"]["traces"];
    assert_eq!(call.traces(), Some(traces));
    assert_eq!(traces["droppedSpanCount"], 0);
}

#[tokio::test]
async fn a_call_asks_for_as_much_as_it_says() {
    let server = server();
    let request = Request::tool("fan_out", json!({"parts": ["a"]}));
    for (passback, spans) in [
        (PassbackRequest::Detailed, 2),
        (PassbackRequest::TopLevel, 2),
        (PassbackRequest::Off, 0),
    ] {
        let call = request.clone().asking_for(passback).send(&server).await;
        assert_eq!(call.span_tree().len(), spans, "{passback:?}");
        assert_eq!(call.meta().is_some(), spans > 0);
        assert!(call.result().is_ok());
    }
    let junk = request.with_meta("otel", json!({"traces": 7}));
    assert_eq!(junk.send(&server).await.tree(), "(no spans)\n");
}

#[tokio::test]
async fn a_traceparent_is_the_parent_of_the_root() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::tool("total", json!({"lines": []})).with_traceparent(parent);
    let call = request.send(&server()).await;
    let tree = call.span_tree();
    let root = tree.roots().next().unwrap().span();
    assert_eq!(
        root.trace_id().to_string(),
        "0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!(root.parent_id().unwrap().to_string(), "b7ad6b7169203331");
}

#[tokio::test]
async fn headers_and_extensions_are_those_of_http() {
    #[derive(Clone)]
    struct Identity(&'static str);

    let (builder, provider) = shop::builder();
    let builder = builder
        .passback_policy(PassbackPolicy::default().publish("client.address"))
        .passback_grant(|request| {
            let parts = request
                .extensions
                .get::<axum::http::request::Parts>()
                .unwrap();
            match parts.extensions.get::<Identity>() {
                Some(Identity("acme")) if parts.headers.contains_key("x-plan") => {
                    PassbackGrant::Detailed
                }
                _ => PassbackGrant::Refuse,
            }
        });
    let server = shop::build((builder, provider));
    let peer: SocketAddr = "192.0.2.7:4711".parse().unwrap();
    let request = Request::tool("total", json!({"lines": []}))
        .with_header("x-plan", "gold")
        .with_extension(ConnectInfo(peer));
    assert!(request.clone().send(&server).await.traces().is_none());
    let call = request.with_extension(Identity("acme")).send(&server).await;
    let leaves = call.exposed().leaves().to_owned();
    assert!(
        leaves.contains("client.address = \"192.0.2.7\"\n"),
        "{leaves}"
    );
    assert!(leaves.contains("network.transport = \"tcp\"\n"), "{leaves}");
    assert!(call.exposed().stays().contains("attribute client.port, "));
}

#[tokio::test]
async fn credentials_of_a_header_are_looked_for() {
    let request = Request::tool("fan_out", json!({"parts": ["hunter22"]}));
    let call = request.clone().send(&server()).await;
    assert!(
        call.tree().contains("part.name=hunter22"),
        "{}",
        call.tree()
    );
    let call = request
        .with_header("authorization", "Bearer hunter22")
        .send(&server())
        .await;
    assert!(
        call.tree().contains("part.name=[redacted]"),
        "{}",
        call.tree()
    );
    assert!(
        call.exposed()
            .stays()
            .contains("part: value of part.name, another one leaves\n")
    );
}

#[tokio::test]
async fn a_resource_is_read() {
    let server = server();
    let read = testing::read(&server, "note://1").await;
    assert_eq!(read.result().unwrap().contents.len(), 1);
    assert_eq!(read.tree(), "resources/read SERVER\n");
    let missing = testing::read(&server, "note://2").await;
    assert_eq!(missing.error().unwrap().message, "no such note");
    assert_eq!(missing.tree(), "resources/read SERVER\n", "in the error");
}

#[tokio::test]
async fn what_a_server_refuses_is_its_json_rpc_error() {
    let server = server();
    let call = testing::call(&server, "nothing", json!({})).await;
    assert_eq!(call.error().unwrap().code.0, -32602);
    let error = call.result().unwrap_err().to_string();
    assert!(
        error.starts_with("JSON-RPC error -32602: there is no such tool"),
        "{error}"
    );
    assert_eq!(call.json()["error"]["code"], -32602);

    let call = testing::call(&server, "total", json!([1, 2])).await;
    let error = call.result().unwrap_err().to_string();
    assert!(error.contains("`arguments` an object"), "{error}");

    let call = testing::call(&server, "total", json!({"lines": "many"})).await;
    assert_eq!(call.result().unwrap().is_error, Some(true));
}

#[tokio::test]
async fn what_cannot_be_sent_is_said() {
    for (name, value, expected) in [
        ("a b", "c", "`a b` cannot name a header"),
        ("a", "c\nd", "the value of header `a` is none"),
    ] {
        let request = Request::tool("total", json!({})).with_header(name, value);
        let call = request.send(&server()).await;
        let error = call.result().unwrap_err();
        assert!(matches!(&error, NoResult::Invalid(why) if why == expected));
        assert!(call.json().is_null());
    }
}

#[tokio::test]
async fn notifications_arrive_and_requests_of_the_server_are_refused() {
    // Later ones have no requests of servers.
    let version = (
        "io.modelcontextprotocol/protocolVersion",
        json!("2025-11-25"),
    );
    let request = Request::tool("talk", json!(null))
        .with_meta("progressToken", json!(5))
        .with_meta(version.0, version.1);
    let call = request.send(&server()).await;
    let text = call.json()["result"]["content"][0]["text"]
        .as_str()
        .unwrap();
    assert!(text.contains("answers no requests"), "{text}");
    let [ServerNotification::ProgressNotification(progress)] = call.notifications() else {
        panic!("{:?}", call.notifications());
    };
    assert_eq!(
        (progress.params.progress, progress.params.total),
        (1.0, Some(2.0))
    );
}

/// A handler written with rmcp alone.
struct Foreign;

impl ServerHandler for Foreign {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_prompts().build())
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        assert_eq!(params.name, "greet", "there is one prompt");
        let message = PromptMessage::new_text(Role::User, "Hello");
        Ok(GetPromptResponse::Complete(GetPromptResult::new(vec![
            message,
        ])))
    }
}

#[tokio::test]
async fn any_rmcp_handler_can_be_called() {
    let silent = Instrumented::new(Foreign);
    let observed = silent.clone().passback_for_prompts(true);
    let prompt = testing::get(&silent, "greet", json!(null)).await;
    assert_eq!(prompt.result().unwrap().messages.len(), 1);
    assert_eq!(prompt.tree(), "(no spans)\n");
    let prompt = testing::get(&observed, "greet", json!({"name": "Ada"})).await;
    assert_eq!(prompt.tree(), "prompts/get greet SERVER\n");
}

#[tokio::test]
async fn a_panic_is_an_error_of_a_tool_and_a_panic_of_any_other_handler() {
    let call = testing::call(&server(), "explode", json!({})).await;
    assert_eq!(call.result().unwrap().is_error, Some(true));
    assert_eq!(call.tree(), "tools/call explode SERVER ERROR panic\n");

    let panicked = tokio::spawn(async {
        testing::get(&Instrumented::new(Foreign), "other", json!({})).await;
    });
    let panic = panicked.await.unwrap_err().into_panic();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("there is one prompt"), "{message}");
}

#[mcp_resource("note://broken")]
fn broken_note() -> &'static str {
    panic!("hunter2")
}

#[mcp_prompt]
fn broken_prompt() -> &'static str {
    panic!("hunter2")
}

#[tokio::test]
async fn a_panic_in_a_resource_or_a_prompt_is_an_error_that_does_not_quote_it() {
    let server = Server::builder("broken", "1")
        .resource::<broken_note>()
        .prompt::<broken_prompt>()
        .build()
        .unwrap();
    let read = testing::read(&server, "note://broken").await;
    let prompt = testing::get(&server, "broken_prompt", json!({})).await;
    for (error, answer) in [(read.error(), read.json()), (prompt.error(), prompt.json())] {
        assert_eq!(error.unwrap().code, ErrorCode::INTERNAL_ERROR);
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
    assert_eq!(read.tree(), "resources/read SERVER ERROR panic\n");
}
