//! What everybody may know (RFC 9728).

use glassbox::auth::Auth;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::server::{auth, start};

async fn get(url: &str) -> (StatusCode, Value) {
    let response = support::http::client().get(url).send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test]
async fn metadata_are_at_the_root_and_under_the_resources_path() {
    let issuer = Issuer::start(&[]).await;
    let running = start(auth(&issuer).resource_name("Files")).await;
    let expected = json!({
        "resource": "https://mcp.test/mcp",
        "resource_name": "Files",
        "authorization_servers": [issuer.url],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["files.read", "files.write"],
    });
    let at = |path: &str| running.url.replace("/mcp", path);
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        assert_eq!(
            get(&at(path)).await,
            (StatusCode::OK, expected.clone()),
            "{path}"
        );
    }
    let (status, _) = get(&at("/.well-known/oauth-protected-resource/other")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn a_resource_at_the_root_and_scopes_of_choice() {
    let issuer = Issuer::start(&[]).await;
    let auth = Auth::new("https://mcp.test")
        .authorization_server(&issuer.url)
        .scopes_supported(["files.read"])
        .http_client(support::http::client());
    let running = start(auth).await;
    let url = running
        .url
        .replace("/mcp", "/.well-known/oauth-protected-resource");
    let (_, document) = get(&url).await;
    assert_eq!(document["resource"], "https://mcp.test");
    assert_eq!(document["scopes_supported"], json!(["files.read"]));
    let challenge = crate::server::call(&running, "whoami")
        .send()
        .await
        .challenge;
    let expected =
        "Bearer resource_metadata=\"https://mcp.test/.well-known/oauth-protected-resource\"";
    assert_eq!(challenge.as_deref(), Some(expected));
}
