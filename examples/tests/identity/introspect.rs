//! The end of tokens, and what is known of them.

use std::time::Duration;

use gmail_example::identity::RESOURCE_SERVER;
use serde_json::{Value, json};

use super::support::{Changes, RESOURCE, changed, peer, registration, text};

#[tokio::test]
async fn introspection_says_what_the_token_says() {
    let peer = peer().await;
    let tokens = peer.tokens().await;
    let known = peer.introspect(text(&tokens, "access_token")).await;
    assert_eq!(known["active"], true);
    assert_eq!(known["token_type"], "Bearer");
    assert_eq!(known["aud"], RESOURCE);
    assert_eq!(known["sub"], "ada");
    assert_eq!(known["client_id"], peer.client_id);
    assert_eq!(known["scope"], "gmail.readonly");
    assert_eq!(known["iss"], peer.provider.issuer());
    for token in [text(&tokens, "refresh_token"), "unknown"] {
        assert_eq!(peer.introspect(token).await, json!({"active": false}));
    }
}

#[tokio::test]
async fn only_a_resource_server_may_ask() {
    let peer = peer().await;
    let secret = peer.provider.introspection_secret();
    let request = || {
        peer.http
            .post(peer.url("/introspect"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("token=x")
    };
    let cases = [
        (request(), 401),
        (request().bearer_auth("guess"), 401),
        (request().basic_auth(RESOURCE_SERVER, Some("guess")), 401),
        (request().basic_auth("somebody", Some(secret)), 401),
        (request().header("authorization", "Basic !"), 401),
        (request().header("authorization", secret), 401),
        (request().basic_auth(RESOURCE_SERVER, Some(secret)), 200),
        (request().bearer_auth(secret), 200),
        (request().bearer_auth(secret).body(""), 400),
    ];
    for (number, (request, status)) in cases.into_iter().enumerate() {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "case {number}");
        let challenge = response.headers().contains_key("www-authenticate");
        assert_eq!(challenge, status == 401, "case {number}");
    }
}

#[tokio::test]
async fn a_revoked_refresh_token_takes_its_access_tokens_along() {
    let peer = peer().await;
    let tokens = peer.tokens().await;
    let other = peer.tokens().await;
    let form = |token| changed(&[("token", token), ("client_id", &peer.client_id)], &[]);
    let refresh = text(&tokens, "refresh_token");
    let response = peer.send("/revoke", &form(refresh)).await;
    assert_eq!(response.status(), 200);
    assert!(!peer.is_active(text(&tokens, "access_token")).await);
    let (_, body) = peer.post("/token", &peer.refresh(refresh, &[])).await;
    assert_eq!(text(&body, "error"), "invalid_grant");
    assert!(peer.is_active(text(&other, "access_token")).await);
    // Once more, and of one that never was: as good as revoked.
    for token in [refresh, "unknown"] {
        assert_eq!(peer.send("/revoke", &form(token)).await.status(), 200);
    }
}

#[tokio::test]
async fn a_revoked_access_token_leaves_the_refresh_token() {
    let peer = peer().await;
    let tokens = peer.tokens().await;
    let access = text(&tokens, "access_token");
    let form = changed(&[("token", access), ("client_id", &peer.client_id)], &[]);
    assert_eq!(peer.send("/revoke", &form).await.status(), 200);
    assert!(!peer.is_active(access).await);
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    assert_eq!(peer.post("/token", &refresh).await.0, 200);
}

#[tokio::test]
async fn only_the_owner_revokes() {
    let peer = peer().await;
    let tokens = peer.tokens().await;
    let (_, other) = peer.register(&registration()).await;
    let access = text(&tokens, "access_token");
    let good = [("token", access), ("client_id", text(&other, "client_id"))];
    let cases: [(Changes<'_>, u16); 4] = [
        (&[], 400),
        (&[("token", Some(text(&tokens, "refresh_token")))], 400),
        (&[("token", None)], 400),
        (&[("client_id", None)], 401),
    ];
    for (changes, status) in cases {
        let (got, body) = peer.post("/revoke", &changed(&good, changes)).await;
        assert_eq!(got, status, "{body}");
    }
    assert!(peer.is_active(access).await);
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    assert_eq!(peer.post("/token", &refresh).await.0, 200);
}

#[tokio::test]
async fn revoking_all_and_the_time_end_tokens_too() {
    let peer = peer().await;
    let tokens = peer.tokens().await;
    let made = |lifetime| {
        let lifetime = Duration::from_secs(lifetime);
        let scopes = ["gmail.readonly", "gmail.send"];
        peer.provider
            .token_for("bob", RESOURCE, &scopes, lifetime)
            .unwrap()
    };
    let short = made(60);
    let long = made(6000);
    let known: Value = peer.introspect(&short).await;
    assert_eq!(known["sub"], "bob");
    assert_eq!(known["email"], "bob@example.com");
    assert_eq!(known["scope"], "gmail.readonly gmail.send");
    peer.provider.advance_clock(Duration::from_secs(61));
    assert!(!peer.is_active(&short).await);
    assert!(peer.is_active(&long).await);
    peer.provider.revoke_all();
    assert!(!peer.is_active(&long).await);
    assert!(!peer.is_active(text(&tokens, "access_token")).await);
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    assert_eq!(peer.post("/token", &refresh).await.0, 400);
}
