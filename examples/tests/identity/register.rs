//! How clients become known: by registration, and by a document.

use std::net::Ipv4Addr;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::Redirect;
use axum::routing::get;
use gmail_example::identity::IdentityConfig;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::support::{Changes, Peer, REDIRECT, peer, registration, text};

#[tokio::test]
async fn a_registration_says_what_the_client_is() {
    let peer = peer().await;
    let mut metadata = registration();
    metadata["scope"] = "gmail.send".into();
    metadata["application_type"] = "native".into();
    metadata["redirect_uris"] =
        json!([REDIRECT, "com.example.app:/cb", "https://a.example/cb?x=y"]);
    let (status, client) = peer.register(&metadata).await;
    assert_eq!(status, 201);
    for key in [
        "client_name",
        "redirect_uris",
        "grant_types",
        "scope",
        "application_type",
    ] {
        assert_eq!(client[key], metadata[key], "{key}");
    }
    assert_eq!(client["token_endpoint_auth_method"], "none");
    assert_eq!(client["response_types"], json!(["code"]));
    assert_eq!(client.get("client_secret"), None);
    assert!(client["client_id_issued_at"].is_u64());
    let (_, other) = peer.register(&metadata).await;
    assert_ne!(client["client_id"], other["client_id"]);
}

#[tokio::test]
async fn a_registration_that_could_harm_is_refused() {
    let peer = peer().await;
    let uris = |uri: &str| json!({"redirect_uris": [uri]});
    let with = |key: &str, value: Value| json!({"redirect_uris": [REDIRECT], key: value});
    let redirect = "invalid_redirect_uri";
    let metadata = "invalid_client_metadata";
    let cases = [
        (redirect, json!({})),
        (redirect, json!({"redirect_uris": []})),
        (redirect, json!({"redirect_uris": vec![REDIRECT; 11]})),
        (redirect, uris("/callback")),
        (redirect, uris("http://example.com/callback")),
        (redirect, uris("https://example.com/callback#a")),
        (redirect, uris("https://user@example.com/callback")),
        (redirect, uris("https://example.com;sandbox/callback")),
        (redirect, uris("https://example.com/call back")),
        (redirect, uris("https://example.com/\nLocation: x")),
        (redirect, uris("javascript:alert(1)")),
        (redirect, uris("data:text/html,x")),
        (redirect, uris("file:///etc/passwd")),
        (
            redirect,
            uris(&format!("https://example.com/{}", "a".repeat(2048))),
        ),
        (metadata, with("client_name", "n".repeat(101).into())),
        (metadata, with("client_name", "two\nlines".into())),
        (
            metadata,
            with("token_endpoint_auth_method", "client_secret_basic".into()),
        ),
        (metadata, with("client_secret", "x".into())),
        (metadata, with("grant_types", json!(["password"]))),
        (metadata, with("response_types", json!(["token"]))),
        (metadata, with("scope", "everything".into())),
        (metadata, json!([])),
        (metadata, with("redirect_uris", REDIRECT.into())),
    ];
    for (error, body) in &cases {
        let (status, answer) = peer.register(body).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(text(&answer, "error"), *error, "{body}");
        assert!(!text(&answer, "error_description").is_empty());
    }
    let request = || peer.http.post(peer.url("/register"));
    let large = json!({"redirect_uris": [REDIRECT], "x": "x".repeat(20_000)});
    for (request, status) in [
        (request().body(registration().to_string()), 400),
        (request().json(&large), 413),
    ] {
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    assert_eq!(peer.provider.counts().refused, cases.len() as u64 + 1);
}

#[tokio::test]
async fn a_configured_client_needs_no_registration() {
    let config = IdentityConfig::default().with_client("known", [REDIRECT]);
    let mut peer = Peer::start(config).await;
    peer.client_id = "known".to_owned();
    text(&peer.tokens().await, "refresh_token");
}

/// Serves documents at the paths of the tests, each told its own address.
async fn documents() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let json = |value: Value| {
        (
            [(header::CONTENT_TYPE, "application/json")],
            value.to_string(),
        )
    };
    let document = |path: &str| {
        let mut document = registration();
        document["client_id"] = format!("{base}{path}").into();
        document
    };
    let good = json(document("/good.json"));
    let mut large = document("/large.json");
    large["x"] = "x".repeat(20_000).into();
    let large = json(large);
    let mut secret = document("/secret.json");
    secret["client_secret"] = "x".into();
    let secret = json(secret);
    let other = json(document("/good.json"));
    let mut anonymous = document("/anonymous.json");
    anonymous.as_object_mut().unwrap().remove("client_id");
    let anonymous = json(anonymous);
    let missing = (StatusCode::NOT_FOUND, json(document("/missing.json")));
    let router = Router::new()
        .route("/", get(json(document("/"))))
        .route("/good.json", get(good))
        .route("/large.json", get(large))
        .route("/secret.json", get(secret))
        .route("/other.json", get(other))
        .route("/anonymous.json", get(anonymous))
        .route("/missing.json", get(missing))
        .route("/moved.json", get(Redirect::to("/good.json")))
        .route("/text.json", get("no JSON"));
    tokio::spawn(axum::serve(listener, router).into_future());
    base
}

#[tokio::test]
async fn a_document_at_the_url_of_its_id_makes_a_client() {
    let base = documents().await;
    let mut peer = peer().await;
    peer.client_id = format!("{base}/good.json");
    let tokens = peer.tokens().await;
    let known = peer.introspect(text(&tokens, "access_token")).await;
    assert_eq!(known["client_id"], peer.client_id);
    let refresh = peer.refresh(text(&tokens, "refresh_token"), &[]);
    assert_eq!(peer.post("/token", &refresh).await.0, 200);
    let elsewhere: Changes<'_> = &[("redirect_uri", Some("https://evil.example/callback"))];
    assert_eq!(peer.get(&peer.authorization(elsewhere)).await.status(), 400);
}

#[tokio::test]
async fn other_documents_make_none() {
    let base = documents().await;
    let peer = peer().await;
    let ids = [
        "/large.json",
        "/secret.json",
        "/other.json",
        "/anonymous.json",
        "/missing.json",
        "/moved.json",
        "/text.json",
        "/nothing.json",
        "/good.json#a",
        "/a/../good.json",
        "/",
    ]
    .map(|path| format!("{base}{path}"));
    let others = [
        "ftp://127.0.0.1/good.json",
        "http://example.invalid/good.json",
        "https://10.0.0.1/good.json",
        "https://169.254.169.254/latest/meta-data",
    ]
    .map(str::to_owned);
    for id in ids.iter().chain(&others) {
        let request = peer.authorization(&[("client_id", Some(id.as_str()))]);
        assert_eq!(peer.get(&request).await.status(), 400, "{id}");
    }
}
