//! What callers may do: the step-up challenge, in both lifecycles.

use reqwest::StatusCode;
use serde_json::json;
use support::tree::tree;

use crate::issuer::{Issuer, Signer};
use crate::server::{Answer, auth, builder, call, call_in, message, open_session, start};
use support::wire::Running;

const METADATA: &str = "https://mcp.test/.well-known/oauth-protected-resource/mcp";

fn challenged(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(
        answer.challenge.as_deref(),
        Some(&*format!(
            "Bearer error=\"insufficient_scope\", error_description=\"the access token lacks a scope that this \
                 needs\", scope=\"{scopes}\", resource_metadata=\"{METADATA}\""
        ))
    );
    let body = answer.json();
    assert_eq!(body["id"], 7);
    assert_eq!(body["error"]["code"], -32600);
    assert_eq!(body["error"]["data"]["error"], "insufficient_scope");
    assert_eq!(body["error"]["data"]["scope"], scopes);
}

#[tokio::test]
async fn a_missing_scope_is_a_challenge_in_both_lifecycles() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    for (granted, tool, missing) in [
        ("", "whoami", None),
        ("", "read", Some("files.read")),
        ("files.read", "read", None),
        ("other files.read more", "read", None),
        ("files.READ files.reader", "read", Some("files.read")),
        ("files.read", "write", Some("files.read files.write")),
        ("files.write", "write", Some("files.read files.write")),
        ("files.write files.read", "write", None),
    ] {
        let token = signer.sign(&issuer.claims(granted));
        let session = open_session(&running, &token).await;
        for request in [call(&running, tool), call_in(&running, &session, tool)] {
            let answer = request.token(&token).send().await;
            match missing {
                None => {
                    assert_eq!(
                        answer.status,
                        StatusCode::OK,
                        "{granted} {tool}: {answer:?}"
                    );
                    assert_eq!(answer.challenge, None);
                    assert!(answer.json()["result"]["content"].is_array(), "{answer:?}");
                }
                Some(scopes) => challenged(&answer, scopes),
            }
        }
    }
    let counts = running.server.auth_counts().unwrap();
    assert_eq!(counts.insufficient_scope, 8);
}

#[tokio::test]
async fn scopes_are_read_as_issuers_write_them() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    for (name, value, status) in [
        ("scp", json!("files.read"), StatusCode::OK),
        ("scp", json!(["other", "files.read"]), StatusCode::OK),
        (
            "scp",
            json!([7, {"files.read": true}]),
            StatusCode::FORBIDDEN,
        ),
        ("scope", json!(["files.read"]), StatusCode::OK),
        ("roles", json!("files.read"), StatusCode::FORBIDDEN),
    ] {
        let mut claims = issuer.claims("");
        claims.as_object_mut().unwrap().remove("scope");
        claims[name] = value.clone();
        let answer = call(&running, "read")
            .token(&signer.sign(&claims))
            .send()
            .await;
        assert_eq!(answer.status, status, "{name} {value}");
    }
}

#[tokio::test]
async fn s15_a_call_refused_for_a_scope_returns_the_stages_that_ran() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    let token = signer.sign(&issuer.claims(""));
    let session = open_session(&running, &token).await;
    for request in [call(&running, "read"), call_in(&running, &session, "read")] {
        let answer = request.token(&token).send().await;
        challenged(&answer, "files.read");
        assert_eq!(
            tree(&answer.json()),
            "tools/call read SERVER\n  auth.validate\n  auth.authorize ERROR insufficient_scope\n"
        );
    }
}

#[tokio::test]
async fn requests_that_name_their_tool_in_odd_ways_are_checked_all_the_same() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    let token = signer.sign(&issuer.claims(""));
    let session = open_session(&running, &token).await;
    let odd = [
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"re\u0061d"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"params":{"arguments":{},"name":"read"},"method":"tools\/call"}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami","name":"read"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read","name":"whoami"}}"#,
        r#"[{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read"}}]"#,
    ];
    for body in odd {
        let answer = support::http::client()
            .post(&running.url)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", support::wire::SESSIONS)
            .bearer_auth(&token)
            .body(body)
            .send()
            .await
            .unwrap();
        let text = answer.text().await.unwrap();
        assert!(!text.contains(r#""text":"text""#), "{body} gave {text}");
    }
}

async fn listed(running: &Running, token: &str) -> Vec<String> {
    let answer = message(running, "tools/list", json!({}))
        .token(token)
        .send()
        .await;
    let json = answer.json();
    let tools = json["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn tools_that_may_not_be_called_can_be_left_out_of_the_list() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let token = |scope: &str| signer.sign(&issuer.claims(scope));
    let running = start(auth(&issuer)).await;
    assert_eq!(
        listed(&running, &token("")).await,
        ["whoami", "read", "write"]
    );
    let builder = builder().auth(auth(&issuer)).list_permitted_only(true);
    let running = Running::start(builder.build().unwrap()).await;
    assert_eq!(listed(&running, &token("")).await, ["whoami"]);
    assert_eq!(
        listed(&running, &token("files.read")).await,
        ["whoami", "read"]
    );
    assert_eq!(
        listed(&running, &token("files.read files.write")).await,
        ["whoami", "read", "write"]
    );
    let unknown = call(&running, "nope").token(&token("")).send().await;
    assert_eq!(
        unknown.json()["error"]["message"],
        "there is no such tool; this server has: whoami"
    );
    challenged(
        &call(&running, "read").token(&token("")).send().await,
        "files.read",
    );
}
