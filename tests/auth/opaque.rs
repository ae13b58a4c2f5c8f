//! Tokens that only the authorization server can read (RFC 7662), and verifiers
//! of one's own.

use glassbox::auth::{Identity, Introspection, TokenError, TokenVerifier};
use reqwest::StatusCode;

use crate::issuer::{Issuer, RESOURCE, SUBJECT};
use crate::server::{auth, call, start};

#[tokio::test]
async fn the_authorization_server_is_asked_about_opaque_tokens() {
    let issuer = Issuer::start(&[]).await;
    let introspection = Introspection::new(
        &format!("{}/introspect", issuer.url),
        "mcp server",
        "canary:secret",
        RESOURCE,
    );
    let introspection = introspection
        .unwrap()
        .with_http_client(support::http::client());
    assert!(!format!("{introspection:?}").contains("canary"));
    let running = start(auth(&issuer).verifier(introspection)).await;
    for (token, status) in [
        ("opaque", StatusCode::OK),
        ("revoked", StatusCode::UNAUTHORIZED),
        ("foreign", StatusCode::UNAUTHORIZED),
        ("for-nobody", StatusCode::UNAUTHORIZED),
        ("of-nobody", StatusCode::UNAUTHORIZED),
        ("truthy", StatusCode::UNAUTHORIZED),
        ("garbage", StatusCode::SERVICE_UNAVAILABLE),
        ("down", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let answer = call(&running, "whoami").token(token).send().await;
        assert_eq!(answer.status, status, "{token}: {answer:?}");
        if status == StatusCode::OK {
            assert_eq!(answer.tool(), SUBJECT);
        }
    }
    assert_eq!(
        call(&running, "read").token("opaque").send().await.tool(),
        "text"
    );
    let write = call(&running, "write").token("opaque").send().await;
    assert_eq!(write.status, StatusCode::FORBIDDEN);
    // "mcp+server:canary%3Asecret" (RFC 6749, section 2.3.1), and a token that
    // would end its field.
    call(&running, "whoami").token("a+b/c==").send().await;
    let asked = issuer.introspected();
    assert_eq!(
        asked.last().unwrap(),
        "Basic bWNwK3NlcnZlcjpjYW5hcnklM0FzZWNyZXQ= token=a%2Bb%2Fc%3D%3D&token_type_hint=access_token"
    );
    assert_eq!(issuer.fetches(), 0);
}

struct OneToken;

impl TokenVerifier for OneToken {
    async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        match token {
            "right" => Ok(Identity::new("owner")
                .with_name("Owner")
                .with_scopes(["files.read"])),
            _ => Err(TokenError::Inactive),
        }
    }
}

#[tokio::test]
async fn tokens_can_be_checked_by_code_of_ones_own() {
    let issuer = Issuer::start(&[]).await;
    let running = start(auth(&issuer).verifier(OneToken)).await;
    assert_eq!(
        call(&running, "whoami").token("right").send().await.tool(),
        "Owner"
    );
    assert_eq!(
        call(&running, "read").token("right").send().await.tool(),
        "text"
    );
    let wrong = call(&running, "whoami").token("wrong").send().await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(running.server.auth_counts().unwrap().inactive, 1);
}
