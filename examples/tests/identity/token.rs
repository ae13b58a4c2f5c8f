//! Codes, refresh tokens, and everything that can be wrong with them.

use std::time::Duration;

use gmail_example::identity::{IdentityConfig, TokenError};
use serde_json::json;

use super::support::{Changes, Peer, REDIRECT, RESOURCE, peer, query, text};

const OTHER_VERIFIER: &str = "another-verifier-of-at-least-forty-three-chars";

#[tokio::test]
async fn a_code_becomes_tokens_that_no_cache_keeps() {
    let peer = peer().await;
    let code = peer.code(&[]).await;
    let response = peer.send("/token", &peer.exchange(&code, &[])).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let tokens: serde_json::Value = response.json().await.unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["scope"], "gmail.readonly");
    assert!(peer.is_active(text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_code_is_for_who_asked_and_only_once() {
    let peer = peer().await;
    let (_, other) = peer.register(&super::support::registration()).await;
    let other = text(&other, "client_id").to_owned();
    let short = "v".repeat(42);
    let long = "v".repeat(129);
    let cases: &[(u16, &str, Changes<'_>)] = &[
        (
            400,
            "invalid_grant",
            &[("code_verifier", Some(OTHER_VERIFIER))],
        ),
        (400, "invalid_grant", &[("code_verifier", Some(&short))]),
        (400, "invalid_grant", &[("code_verifier", Some(&long))]),
        (400, "invalid_grant", &[("client_id", Some(&other))]),
        (400, "invalid_grant", &[("client_id", Some("unknown"))]),
        (
            400,
            "invalid_grant",
            &[("redirect_uri", Some("http://127.0.0.1:9/callback"))],
        ),
        (
            400,
            "invalid_target",
            &[("resource", Some("http://127.0.0.1:8000/other"))],
        ),
        (400, "invalid_target", &[("resource", None)]),
    ];
    for (status, error, changes) in cases {
        let code = peer.code(&[]).await;
        let (got, body) = peer.post("/token", &peer.exchange(&code, changes)).await;
        assert_eq!(
            (got.as_u16(), text(&body, "error")),
            (*status, *error),
            "{changes:?}"
        );
        assert_eq!(body.get("access_token"), None);
        // It had one try.
        let (status, body) = peer.post("/token", &peer.exchange(&code, &[])).await;
        assert_eq!(
            (status.as_u16(), text(&body, "error")),
            (400, "invalid_grant")
        );
    }
    assert_eq!(peer.provider.counts().issued, 0);
    assert_eq!(peer.provider.counts().replayed, cases.len() as u64);
}

#[tokio::test]
async fn a_request_that_is_none_says_what_is_wrong_and_uses_nothing_up() {
    let peer = peer().await;
    let code = peer.code(&[]).await;
    let cases: &[(u16, &str, Changes<'_>)] = &[
        (400, "invalid_grant", &[("code", Some("guess"))]),
        (400, "invalid_request", &[("code", None)]),
        (400, "invalid_request", &[("code_verifier", None)]),
        (400, "invalid_request", &[("redirect_uri", None)]),
        (400, "invalid_request", &[("grant_type", None)]),
        (
            400,
            "unsupported_grant_type",
            &[("grant_type", Some("password"))],
        ),
        (401, "invalid_client", &[("client_id", None)]),
        (401, "invalid_client", &[("client_secret", Some("x"))]),
    ];
    for (status, error, changes) in cases {
        let (got, body) = peer.post("/token", &peer.exchange(&code, changes)).await;
        assert_eq!(
            (got.as_u16(), text(&body, "error")),
            (*status, *error),
            "{changes:?}"
        );
    }
    let form = super::support::encode(&peer.exchange(&code, &[]));
    let request = || peer.http.post(peer.url("/token"));
    let typed = |body: String| {
        request()
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    };
    let cases = [
        (request().body(form.clone()), 400),
        (
            request().json(&json!({"grant_type": "authorization_code"})),
            400,
        ),
        (typed(format!("{form}&resource=again")), 400),
        (
            typed(form.clone()).basic_auth(&peer.client_id, Some("x")),
            401,
        ),
        (typed(format!("{form}&x={}", "x".repeat(20_000))), 413),
    ];
    for (request, status) in cases {
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let (status, _) = peer.post("/token", &peer.exchange(&code, &[])).await;
    assert_eq!(status, 200, "the code is as good as it was");
}

#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let peer = peer().await;
    let in_time = peer.code(&[]).await;
    peer.provider.advance_clock(Duration::from_secs(50));
    let (status, _) = peer.post("/token", &peer.exchange(&in_time, &[])).await;
    assert_eq!(status, 200);
    let late = peer.code(&[]).await;
    peer.provider.advance_clock(Duration::from_secs(61));
    let (status, body) = peer.post("/token", &peer.exchange(&late, &[])).await;
    assert_eq!(
        (status.as_u16(), text(&body, "error")),
        (400, "invalid_grant")
    );
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_what_came_of_it() {
    let peer = peer().await;
    let code = peer.code(&[]).await;
    let (_, tokens) = peer.post("/token", &peer.exchange(&code, &[])).await;
    let access = text(&tokens, "access_token");
    assert!(peer.is_active(access).await);
    let (status, _) = peer.post("/token", &peer.exchange(&code, &[])).await;
    assert_eq!(status, 400);
    assert!(!peer.is_active(access).await);
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    let (_, body) = peer.post("/token", &refresh).await;
    assert_eq!(text(&body, "error"), "invalid_grant");
}

#[tokio::test]
async fn each_refresh_gives_a_new_refresh_token_and_a_used_one_ends_all() {
    let peer = peer().await;
    let first = peer.tokens().await;
    let old = text(&first, "refresh_token");
    let (status, second) = peer.post("/token", &peer.refresh(old, &[])).await;
    assert_eq!(status, 200, "{second}");
    let new = text(&second, "refresh_token");
    assert_ne!(old, new);
    assert!(peer.is_active(text(&second, "access_token")).await);

    let (status, body) = peer.post("/token", &peer.refresh(old, &[])).await;
    assert_eq!(
        (status.as_u16(), text(&body, "error")),
        (400, "invalid_grant")
    );
    let (_, body) = peer.post("/token", &peer.refresh(new, &[])).await;
    assert_eq!(
        text(&body, "error"),
        "invalid_grant",
        "the thief's, or the owner's"
    );
    assert!(!peer.is_active(text(&first, "access_token")).await);
    assert!(!peer.is_active(text(&second, "access_token")).await);
    assert_eq!(peer.provider.counts().replayed, 1);
    // Another consent is another family.
    let other = peer.tokens().await;
    assert!(peer.is_active(text(&other, "access_token")).await);
}

#[tokio::test]
async fn a_refresh_asks_for_no_more_than_was_granted() {
    let peer = peer().await;
    let code = peer
        .code(&[("scope", Some("gmail.send gmail.readonly gmail.send"))])
        .await;
    let (_, tokens) = peer.post("/token", &peer.exchange(&code, &[])).await;
    assert_eq!(tokens["scope"], "gmail.send gmail.readonly");
    let token = text(&tokens, "refresh_token");
    let cases: &[(&str, Changes<'_>)] = &[
        ("invalid_scope", &[("scope", Some("everything"))]),
        (
            "invalid_target",
            &[("resource", Some("http://127.0.0.1:8000/other"))],
        ),
        ("invalid_target", &[("resource", None)]),
        ("invalid_grant", &[("client_id", Some("unknown"))]),
        ("invalid_grant", &[("refresh_token", Some("guess"))]),
        ("invalid_request", &[("refresh_token", None)]),
    ];
    for (error, changes) in cases {
        let (_, body) = peer.post("/token", &peer.refresh(token, changes)).await;
        assert_eq!(text(&body, "error"), *error, "{changes:?}");
    }
    let narrow = peer.refresh(token, &[("scope", Some("gmail.send"))]);
    let (_, narrow) = peer.post("/token", &narrow).await;
    assert_eq!(narrow["scope"], "gmail.send");
    // The grant is what it was.
    let all = peer.refresh(text(&narrow, "refresh_token"), &[]);
    let (_, all) = peer.post("/token", &all).await;
    assert_eq!(all["scope"], "gmail.send gmail.readonly");

    let code = peer.code(&[]).await;
    let (_, tokens) = peer.post("/token", &peer.exchange(&code, &[])).await;
    let wide = [("scope", Some("gmail.readonly gmail.send"))];
    let wide = peer.refresh(text(&tokens, "refresh_token"), &wide);
    let (_, body) = peer.post("/token", &wide).await;
    assert_eq!(text(&body, "error"), "invalid_scope");
}

#[tokio::test]
async fn a_refresh_token_expires_unless_it_is_used() {
    let config = IdentityConfig::default().with_refresh_token_lifetime(Duration::from_secs(3600));
    let peer = Peer::start(config).await;
    let tokens = peer.tokens().await;
    peer.provider.advance_clock(Duration::from_secs(3000));
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    let (status, tokens) = peer.post("/token", &refresh).await;
    assert_eq!(status, 200, "{tokens}");
    peer.provider.advance_clock(Duration::from_secs(3000));
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    let (status, tokens) = peer.post("/token", &refresh).await;
    assert_eq!(status, 200, "{tokens}");
    peer.provider.advance_clock(Duration::from_secs(3601));
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    let (status, _) = peer.post("/token", &refresh).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn who_does_not_want_refresh_tokens_gets_none() {
    let mut peer = peer().await;
    let metadata = json!({"redirect_uris": [REDIRECT], "grant_types": ["authorization_code"]});
    let (_, client) = peer.register(&metadata).await;
    peer.client_id = text(&client, "client_id").to_owned();
    let tokens = peer.tokens().await;
    assert_eq!(tokens.get("refresh_token"), None);
    assert!(peer.is_active(text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_full_provider_says_so_and_counts_it() {
    let config = IdentityConfig::default()
        .with_capacity(1)
        .with_client("known", [REDIRECT]);
    let mut peer = Peer::start(config).await;
    let (status, body) = peer.register(&super::support::registration()).await;
    assert_eq!(
        (status.as_u16(), text(&body, "error")),
        (503, "temporarily_unavailable")
    );
    assert_eq!(peer.provider.counts().over_capacity, 1);
    let first = peer.get(&peer.authorization(&[])).await;
    let second = peer.get(&peer.authorization(&[])).await;
    assert_eq!(
        (first.status().as_u16(), second.status().as_u16()),
        (200, 503)
    );
    assert_eq!(peer.provider.counts().over_capacity, 2);
    peer.provider.advance_clock(Duration::from_secs(601));
    peer.client_id = "known".to_owned();
    let code = query(&peer.consent(&[]).await)["code"].clone();
    let lifetime = Duration::from_secs(60);
    peer.provider
        .token_for("ada", RESOURCE, &[], lifetime)
        .unwrap();
    let (status, _) = peer.post("/token", &peer.exchange(&code, &[])).await;
    assert_eq!(status, 503);
    let refused = peer.provider.token_for("ada", RESOURCE, &[], lifetime);
    assert!(matches!(refused, Err(TokenError::Full)));
    peer.provider.advance_clock(lifetime);
    text(&peer.tokens().await, "access_token");
}
