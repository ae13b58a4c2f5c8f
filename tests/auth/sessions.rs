//! A session id is no credential.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::issuer::{Issuer, Signer};
use crate::server::{Call, auth, call_in, legacy, open_session, start};

#[tokio::test]
async fn sessions_belong_to_who_opened_them() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    let anne = signer.sign(&issuer.claims("files.read"));
    let mut claims = issuer.claims("files.read");
    claims["sub"] = "bob".into();
    let bob = signer.sign(&claims);
    let session = open_session(&running, &anne).await;
    let listing = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
    let stream = legacy(&running, Some(&session), json!(null));
    for request in [
        call_in(&running, &session, "read"),
        legacy(&running, Some(&session), listing),
        stream.clone().method(Method::GET),
        stream.clone().method(Method::DELETE),
    ] {
        let answer = request.token(&bob).send().await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        assert_eq!(answer.text, "Not Found: Session not found");
    }
    assert_eq!(running.server.auth_counts().unwrap().foreign_sessions, 4);
    // Anne is still there, with a newer token as well.
    let mut claims = issuer.claims("files.read");
    claims["jti"] = "newer".into();
    for token in [anne, signer.sign(&claims)] {
        let answer = call_in(&running, &session, "read")
            .token(&token)
            .send()
            .await;
        assert_eq!(answer.tool(), "text");
    }
    // A session that was good once is no substitute for a token.
    let answer = call_in(&running, &session, "read").send().await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_that_is_not_known_or_has_ended_is_nobodys() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(std::slice::from_ref(&signer)).await;
    let running = start(auth(&issuer)).await;
    let token = signer.sign(&issuer.claims("files.read"));
    let status = async |request: Call| request.token(&token).send().await.status;
    let session = open_session(&running, &token).await;
    assert_eq!(
        status(call_in(&running, "made-up", "read")).await,
        StatusCode::NOT_FOUND
    );
    // The first id counts, for the check as for the transport.
    let two = call_in(&running, "made-up", "read").header("mcp-session-id", &session);
    assert_eq!(status(two).await, StatusCode::NOT_FOUND);
    assert_eq!(
        status(call_in(&running, &session, "read")).await,
        StatusCode::OK
    );
    let end = legacy(&running, Some(&session), json!(null)).method(Method::DELETE);
    assert!(status(end).await.is_success());
    assert_eq!(
        status(call_in(&running, &session, "read")).await,
        StatusCode::NOT_FOUND
    );
}
