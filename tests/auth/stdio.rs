//! Scopes where there is no HTTP: who runs the server is who calls.

use glassbox::auth::Identity;
use glassbox::{Server, testing};
use serde_json::{Value, json};
use support::wire::{Client, Running, ask};

use crate::server::builder;

async fn text(server: &Server, tool: &str) -> (Value, Value) {
    let answer = testing::call(server, tool, json!({})).await;
    let result = &answer.json()["result"];
    (
        result["content"][0]["text"].clone(),
        result["isError"].clone(),
    )
}

#[tokio::test]
async fn without_an_identity_a_tool_with_scopes_says_what_to_do() {
    let server = builder().build().unwrap();
    let (read, is_error) = text(&server, "read").await;
    assert_eq!(
        read,
        "this tool needs the scopes `files.read`, and this server does not know who calls; whoever runs it has to name \
         the caller with `.stdio_identity(..)` over stdio, or to check tokens with `.auth(..)` over HTTP"
    );
    assert_eq!(is_error, true);
    let answer = testing::call(&server, "read", json!({})).await;
    let tree = answer.tree();
    assert!(
        tree.contains("insufficient_scope") && tree.contains("auth.authorize"),
        "{tree}"
    );
    assert!(!tree.contains("auth.validate"), "{tree}");
    assert_eq!(text(&server, "whoami").await.0, "nobody is signed in");
}

#[tokio::test]
async fn the_environment_says_who_calls() {
    let anne = Identity::new("anne").with_scopes(["files.read"]);
    let server = builder().stdio_identity(anne).build().unwrap();
    assert_eq!(text(&server, "whoami").await.0, "anne");
    assert_eq!(text(&server, "read").await.0, "text");
    let (write, is_error) = text(&server, "write").await;
    assert_eq!(
        write,
        "this tool needs the scopes `files.read`, `files.write`, and this server runs without all of them"
    );
    assert_eq!(is_error, true);
}

#[tokio::test]
async fn who_runs_the_server_is_not_who_calls_over_http() {
    let anne = Identity::new("anne").with_scopes(["files.read"]);
    let running = Running::start(builder().stdio_identity(anne).build().unwrap()).await;
    for mut client in [
        Client::stateless(&running.url),
        Client::with_session(&running.url).await,
    ] {
        let answer = client.call("whoami", json!({}), ask(false)).await;
        assert_eq!(support::tree::text(&answer), "nobody is signed in");
        let answer = client.call("read", json!({}), ask(false)).await;
        assert!(
            support::tree::text(&answer).contains("does not know who calls"),
            "{answer}"
        );
    }
}
