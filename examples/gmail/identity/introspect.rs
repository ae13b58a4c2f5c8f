//! `/revoke` (RFC 7009) and `/introspect` (RFC 7662): the end of a token, and what it is until then.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::RESOURCE_SERVER;
use super::error::OAuthError;
use super::grant::{client_id, form};
use super::secret::Digest;
use super::state::Shared;

const NO_TOKEN: OAuthError = OAuthError::invalid_request("token is missing");

pub(super) async fn revoke(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.counted(end(&shared, &headers, &body))
}

fn end(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Response, OAuthError> {
    let form = form(headers, body)?;
    let client_id = client_id(headers, &form)?;
    let token = Digest::of(form.get("token").ok_or(NO_TOKEN)?);
    let now = shared.now();
    let mut state = shared.state();
    let refresh = state.refresh.get(&token, now);
    let access = state.access.get(&token, now);
    let owner = refresh
        .map(|it| it.grant.client_id.as_str())
        .or(access.map(|it| it.claims.client_id.as_str()));
    // RFC 7009, section 2.1: only the client it was issued to; a token that is gone is as good as revoked.
    if owner.is_some_and(|owner| owner != client_id) {
        return Err(OAuthError::new(
            "unauthorized_client",
            "the token was issued to another client",
        ));
    }
    match refresh.map(|it| it.family) {
        Some(family) => state.revoke(family),
        None => drop(state.access.remove(&token)),
    }
    Ok(StatusCode::OK.into_response())
}

pub(super) async fn introspect(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.counted(describe(&shared, &headers, &body))
}

/// Says what an access token is. Of refresh tokens, resource servers have nothing to know: they are inactive here.
fn describe(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Response, OAuthError> {
    let presented = credentials(headers).map(|it| Digest::of(&it));
    if presented != Some(Digest::of(&shared.introspection_secret)) {
        return Err(
            OAuthError::new("invalid_client", "a resource server has to show its secret")
                .with_status(StatusCode::UNAUTHORIZED),
        );
    }
    let form = form(headers, body)?;
    let token = Digest::of(form.get("token").ok_or(NO_TOKEN)?);
    let now = shared.now();
    let state = shared.state();
    let access = state
        .access
        .get(&token, now)
        .filter(|access| state.is_alive(access.family, now));
    let mut answer = access
        .and_then(|access| serde_json::to_value(&access.claims).ok())
        .unwrap_or_else(|| json!({}));
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("active".to_owned(), Value::Bool(access.is_some()));
        if access.is_some() {
            answer.insert("token_type".to_owned(), "Bearer".into());
        }
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// The secret of a resource server: a bearer token, or the password of [`RESOURCE_SERVER`].
fn credentials(headers: &HeaderMap) -> Option<String> {
    let (scheme, value) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    let decoded = STANDARD.decode(value.trim()).ok()?;
    let (user, password) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    (scheme.eq_ignore_ascii_case("basic") && user == RESOURCE_SERVER).then(|| password.to_owned())
}
