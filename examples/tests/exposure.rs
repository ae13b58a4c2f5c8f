//! What the Gmail server would send to whoever asks, as a text that is reviewed like code.
//!
//! If one of these tests fails, something else leaves the server than before. Look at the difference; if it may leave,
//! `UPDATE_EXPECT=1 cargo test -p glassbox-examples --test exposure` writes it down.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use expect_test::expect;
use glassbox::Server;
use glassbox::testing::{self, Exposure};
use gmail_example::client::{AccessToken, Gmail};
use gmail_example::simulator::{SIMULATED_TOKEN, Simulator, SimulatorConfig};
use serde_json::json;

async fn server(token: &str) -> (Simulator, Server) {
    let simulator = Simulator::start(SimulatorConfig::default().with_latency(0.0))
        .await
        .unwrap();
    let gmail = Gmail::new(&simulator.url(), AccessToken::new(token)).unwrap();
    (simulator, gmail_example::server::server(gmail).unwrap())
}

/// A release changes versions; that is no news here.
fn text(exposure: &Exposure) -> String {
    let version = env!("CARGO_PKG_VERSION");
    exposure.to_string().replace(version, "(version)")
}

#[tokio::test]
async fn of_a_list_of_emails_no_mail_no_query_and_no_address_leaves() {
    let (_simulator, server) = server(SIMULATED_TOKEN).await;
    let arguments = json!({"query": "is:unread", "max_results": 3});
    let call = testing::call(&server, "list_emails", arguments).await;
    assert_eq!(call.result().unwrap().is_error, Some(false));
    expect![[r#"
        leaves
          resource
            service.name = "mcp-gmail-server"
            service.version = "(version)"
          scope glassbox (version)
          each span: ids, flags, start, end
          span tools/call list_emails SERVER
            gen_ai.operation.name = "execute_tool"
            gen_ai.tool.name = "list_emails"
            jsonrpc.request.id = "1"
            mcp.method.name = "tools/call"
            mcp.protocol.version = "2026-07-28"
            network.transport = "pipe"
            span auth.gmail_token
              gen_ai.tool.name = "list_emails"
              span GET /gmail/v1/users/me/profile CLIENT
                http.request.method = "GET"
                http.response.status_code = 200
                network.protocol.version = "1.1"
                url.template = "/gmail/v1/users/me/profile"
                droppedAttributesCount = 3
            span gmail.list_messages
              gen_ai.tool.name = "list_emails"
              gmail.max_results = 3
              span GET /gmail/v1/users/me/messages CLIENT
                http.request.method = "GET"
                http.response.status_code = 200
                network.protocol.version = "1.1"
                url.template = "/gmail/v1/users/me/messages"
                droppedAttributesCount = 3
            span gmail.fetch_details
              gen_ai.tool.name = "list_emails"
              gmail.fetch_count = 3
              span GET /gmail/v1/users/me/messages/{id} CLIENT (3 times)
                http.request.method = "GET"
                http.response.status_code = 200
                network.protocol.version = "1.1"
                url.template = "/gmail/v1/users/me/messages/{id}"
                droppedAttributesCount = 3
            span format_response
              gen_ai.tool.name = "list_emails"
          droppedSpanCount = 0
          truncated = false
        stays
          GET /gmail/v1/users/me/profile: attribute url.full, not declared
          GET /gmail/v1/users/me/profile: attribute server.address, not declared
          GET /gmail/v1/users/me/profile: attribute server.port, not declared
          GET /gmail/v1/users/me/messages: attribute url.full, not declared
          GET /gmail/v1/users/me/messages: attribute server.address, not declared
          GET /gmail/v1/users/me/messages: attribute server.port, not declared
          GET /gmail/v1/users/me/messages/{id}: attribute url.full, not declared (3 times)
          GET /gmail/v1/users/me/messages/{id}: attribute server.address, not declared (3 times)
          GET /gmail/v1/users/me/messages/{id}: attribute server.port, not declared (3 times)
    "#]]
    .assert_eq(&text(&call.exposed()));
}

#[tokio::test]
async fn of_a_refused_call_the_class_of_the_failure_leaves_and_not_its_text() {
    let (_simulator, server) = server("stale").await;
    let call = testing::call(&server, "list_emails", json!({})).await;
    assert_eq!(call.result().unwrap().is_error, Some(true));
    expect![[r#"
        tools/call list_emails SERVER ERROR tool_error
        └─ auth.gmail_token ERROR 401
           └─ GET /gmail/v1/users/me/profile CLIENT ERROR 401
    "#]]
    .assert_eq(&call.tree());
    let stays = call.exposed().stays().to_owned();
    expect![[r#"
        GET /gmail/v1/users/me/profile: attribute url.full, not declared
        GET /gmail/v1/users/me/profile: attribute server.address, not declared
        GET /gmail/v1/users/me/profile: attribute server.port, not declared
    "#]]
    .assert_eq(&stays);
}
