//! rmcp's own client signs in: the proof that the protocol is the real one.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::routing::get;
use axum::{Json, Router};
use gmail_example::http;
use gmail_example::identity::consent::{Decision, Outcome, approve, decide};
use gmail_example::identity::{IdentityConfig, IdentityProvider};
use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadataSource, AuthorizationRequest,
    AuthorizationSession, InMemoryCredentialStore, OAuthTokenResponse,
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

const CALLBACK: &str = "http://127.0.0.1:7777/callback";

/// A resource that says who issues tokens for it, and nothing else.
async fn resource(issuer: &str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let resource = format!("{base}/mcp");
    let metadata = json!({
        "resource": resource,
        "authorization_servers": [issuer],
        "scopes_supported": ["gmail.readonly"],
    });
    let router = Router::new().route(
        "/.well-known/oauth-protected-resource/mcp",
        get(async move || Json(metadata)),
    );
    tokio::spawn(axum::serve(listener, router).into_future());
    resource
}

/// Discovers, registers, and begins a session.
async fn session(resource: &str, callback: &str) -> AuthorizationSession {
    // rmcp builds its HTTP client itself, and needs TLS to be chosen by then.
    let _ = http::client(&Url::parse(resource).unwrap());
    let mut manager = AuthorizationManager::new(resource).await.unwrap();
    let found = manager.resolve_metadata().await.unwrap();
    assert_eq!(
        found.source,
        AuthorizationMetadataSource::ProtectedResourceMetadata
    );
    manager.set_credential_store(InMemoryCredentialStore::new());
    manager.set_metadata(found.metadata);
    let request = AuthorizationRequest::new(callback).with_client_name("rmcp");
    AuthorizationSession::new(manager, request)
        .await
        .map_err(|(_, error)| error)
        .unwrap()
}

async fn sign_in(session: &AuthorizationSession) -> Result<OAuthTokenResponse, AuthError> {
    let outcome = decide(session.get_authorization_url(), Decision::Allow).await;
    let Ok(Outcome::Redirect(callback)) = outcome else {
        panic!("no redirect but {outcome:?}")
    };
    session.handle_callback_url(callback.as_str()).await
}

#[tokio::test]
async fn it_discovers_registers_signs_in_and_refreshes() {
    for path in ["", "/tenant"] {
        let config = IdentityConfig::default().with_path(path);
        let provider = IdentityProvider::start(config).await.unwrap();
        let resource = resource(provider.issuer()).await;
        let session = session(&resource, CALLBACK).await;
        sign_in(&session).await.unwrap();
        let manager = &session.auth_manager;
        let first = manager.get_access_token().await.unwrap();
        assert_eq!(manager.get_current_scopes().await, ["gmail.readonly"]);
        manager.refresh_token().await.unwrap();
        let second = manager.get_access_token().await.unwrap();
        assert_ne!(first, second);
        assert_eq!(provider.counts().issued, 2);
        assert_eq!(provider.counts().refused, 0);
    }
}

#[tokio::test]
async fn it_steps_up_to_a_scope_that_it_lacks() {
    let provider = IdentityProvider::start(IdentityConfig::default())
        .await
        .unwrap();
    let resource = resource(provider.issuer()).await;
    let session = session(&resource, CALLBACK).await;
    sign_in(&session).await.unwrap();
    let manager = session.auth_manager;
    let url = manager.request_scope_upgrade("gmail.send").await.unwrap();
    let session = AuthorizationSession::for_scope_upgrade(manager, url, CALLBACK);
    sign_in(&session).await.unwrap();
    let mut scopes = session.auth_manager.get_current_scopes().await;
    scopes.sort();
    assert_eq!(scopes, ["gmail.readonly", "gmail.send"]);
}

#[tokio::test]
async fn it_learns_that_its_grant_was_revoked() {
    let provider = IdentityProvider::start(IdentityConfig::default())
        .await
        .unwrap();
    let resource = resource(provider.issuer()).await;
    let session = session(&resource, CALLBACK).await;
    sign_in(&session).await.unwrap();
    provider.revoke_all();
    let refused = session.auth_manager.refresh_token().await.unwrap_err();
    assert!(
        matches!(refused, AuthError::TokenRefreshRejected(_)),
        "{refused}"
    );
}

#[tokio::test]
async fn approving_calls_the_program_back() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let callback = format!("http://{}/callback", listener.local_addr().unwrap());
    let (sender, mut called) = mpsc::unbounded_channel();
    let answer = async |State(sender): State<Arc<mpsc::UnboundedSender<String>>>,
                        RawQuery(query): RawQuery| {
        sender.send(query.unwrap()).unwrap();
        "You can close this page."
    };
    let router = Router::new()
        .route("/callback", get(answer))
        .with_state(Arc::new(sender));
    tokio::spawn(axum::serve(listener, router).into_future());

    let provider = IdentityProvider::start(IdentityConfig::default())
        .await
        .unwrap();
    let resource = resource(provider.issuer()).await;
    let session = session(&resource, &callback).await;
    approve(session.get_authorization_url()).await.unwrap();
    let query = called.recv().await.unwrap();
    let url = format!("{callback}?{query}");
    session.handle_callback_url(&url).await.unwrap();
    session.auth_manager.get_access_token().await.unwrap();
}
