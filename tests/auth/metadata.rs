//! What everybody may know (RFC 9728).

use glassbox::auth::Auth;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::issuer::{Issuer, Signer};
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
    let issuer = Issuer::start(&[Signer::ed25519()]).await;
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
    // Clients that parse the URL ask for tokens under the name with a slash.
    for (audience, status) in [
        ("https://mcp.test", StatusCode::OK),
        ("https://mcp.test/", StatusCode::OK),
        ("https://mcp.test/mcp", StatusCode::UNAUTHORIZED),
        ("https://mcp.test//", StatusCode::UNAUTHORIZED),
        ("http://mcp.test/", StatusCode::UNAUTHORIZED),
    ] {
        let mut claims = issuer.claims("");
        claims["aud"] = audience.into();
        let token = Signer::ed25519().sign(&claims);
        let answer = crate::server::call(&running, "whoami").token(&token);
        assert_eq!(answer.send().await.status, status, "{audience}");
    }
    assert_eq!(document["scopes_supported"], json!(["files.read"]));
    let challenge = crate::server::call(&running, "whoami")
        .send()
        .await
        .challenge;
    let expected =
        "Bearer resource_metadata=\"https://mcp.test/.well-known/oauth-protected-resource\"";
    assert_eq!(challenge.as_deref(), Some(expected));
}

#[tokio::test]
async fn pages_may_read_metadata_and_ask_beforehand() {
    let issuer = Issuer::start(&[]).await;
    let running = start(auth(&issuer)).await;
    let http = support::http::client();
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let url = running.url.replace("/mcp", path);
        // A browser asks so when a page sends `MCP-Protocol-Version` along.
        let asked = http
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", "https://inspector.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "mcp-protocol-version")
            .send()
            .await
            .unwrap();
        assert_eq!(asked.status(), StatusCode::NO_CONTENT, "{path}");
        let header = |name| asked.headers()[name].to_str().unwrap();
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(header("access-control-allow-headers"), "*");
        assert!(header("access-control-allow-methods").contains("GET"));
        for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
            let answer = http
                .request(method.clone(), &url)
                .header("origin", "https://inspector.example")
                .header("mcp-protocol-version", "2026-07-28")
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{method} {path}");
            assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        }
        let answer = http.post(&url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
