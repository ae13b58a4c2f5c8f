//! Asks the identity provider about every token, so that what it revokes is refused at once.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, body};
use gmail_example::identity::{IdentityProvider, RESOURCE_SERVER};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

struct Guard {
    upstream: Url,
    base: String,
    issuer: String,
    secret: String,
    http: reqwest::Client,
}

/// Serves behind a guard, as long as the test runs.
pub(crate) async fn serve(server: glassbox::Server, identity: &IdentityProvider) -> Url {
    let bound = server.bind_http("127.0.0.1:0").await.unwrap();
    let upstream: Url = bound.url().parse().unwrap();
    tokio::spawn(bound.serve_until(std::future::pending()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let guard = Guard {
        http: gmail_example::http::client(&upstream).build().unwrap(),
        upstream,
        base: base.clone(),
        issuer: identity.issuer().to_owned(),
        secret: identity.introspection_secret().to_owned(),
    };
    let router = Router::new()
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata))
        .fallback(forward)
        .with_state(Arc::new(guard));
    tokio::spawn(async { axum::serve(listener, router).await });
    format!("{base}/mcp").parse().unwrap()
}

async fn metadata(State(guard): State<Arc<Guard>>) -> Json<Value> {
    Json(json!({
        "resource": format!("{}/mcp", guard.base),
        "authorization_servers": [guard.issuer],
        "scopes_supported": ["gmail.readonly"],
    }))
}

async fn forward(State(guard): State<Arc<Guard>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if !guard.is_active(&parts.headers).await {
        let challenge = format!(
            "Bearer resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
            guard.base
        );
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, challenge)],
        )
            .into_response();
    }
    let body: Bytes = body::to_bytes(body, 1 << 20).await.unwrap();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    headers.remove(header::AUTHORIZATION);
    let forwarded = guard.http.request(parts.method, guard.upstream.clone());
    let answer = forwarded.headers(headers).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, Body::from(answer.bytes().await.unwrap())).into_response()
}

impl Guard {
    async fn is_active(&self, headers: &HeaderMap) -> bool {
        let Some(token) = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().unwrap().strip_prefix("Bearer "))
        else {
            return false;
        };
        let body = format!("token={token}");
        let answer = self.http.post(format!("{}/introspect", self.issuer));
        let answer = answer
            .basic_auth(RESOURCE_SERVER, Some(&self.secret))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer: Value = answer.send().await.unwrap().json().await.unwrap();
        answer["active"] == true && answer["aud"] == format!("{}/mcp", self.base)
    }
}
