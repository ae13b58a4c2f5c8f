//! `/token`: codes and refresh tokens become access tokens.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::USER;
use super::error::OAuthError;
use super::parameters::{Parameters, is_form};
use super::secret::{Digest, random};
use super::state::{Family, Grant, Refresh, Shared};
use super::token::Audience;

/// The same words whatever is wrong with a code: it is not for whoever guesses to know.
const BAD_CODE: OAuthError = OAuthError::invalid_grant(
    "the code is unknown, used or expired, or belongs to another client, redirect_uri or code_verifier",
);
const BAD_REFRESH: OAuthError = OAuthError::invalid_grant(
    "the refresh token is unknown, used, expired or revoked, or belongs to another client",
);
const OTHER_RESOURCE: OAuthError =
    OAuthError::invalid_target("resource is missing, or not the one that was consented to");

pub(super) async fn token(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.counted(answer(&shared, &headers, &body))
}

fn answer(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Response, OAuthError> {
    let form = form(headers, body)?;
    let client_id = client_id(headers, &form)?;
    match form.get("grant_type") {
        Some("authorization_code") => redeem(shared, client_id, &form),
        Some("refresh_token") => refresh(shared, client_id, &form),
        Some(_) => Err(OAuthError::new(
            "unsupported_grant_type",
            "grant_type has to be authorization_code or refresh_token",
        )),
        None => Err(OAuthError::invalid_request("grant_type is missing")),
    }
}

/// The parameters of a request's body.
pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, OAuthError> {
    if !is_form(headers) {
        return Err(OAuthError::invalid_request(
            "the body has to be application/x-www-form-urlencoded",
        ));
    }
    Parameters::parse(body).map_err(|_| OAuthError::repeated())
}

/// Who asks. Clients are public: they say who they are, and what they present was given to that client.
pub(super) fn client_id<'a>(
    headers: &HeaderMap,
    form: &'a Parameters,
) -> Result<&'a str, OAuthError> {
    let secret = headers.contains_key(header::AUTHORIZATION) || form.get("client_secret").is_some();
    form.get("client_id").filter(|_| !secret).ok_or(
        OAuthError::new(
            "invalid_client",
            "clients are public: they send their client_id in the body, and no secret",
        )
        .with_status(StatusCode::UNAUTHORIZED),
    )
}

fn redeem(shared: &Shared, client_id: &str, form: &Parameters) -> Result<Response, OAuthError> {
    let missing = OAuthError::invalid_request("code, redirect_uri and code_verifier are needed");
    let code = form.get("code").ok_or(missing.clone())?;
    let redirect_uri = form.get("redirect_uri").ok_or(missing.clone())?;
    let verifier = form.get("code_verifier").ok_or(missing)?;
    let now = shared.now();
    let mut state = shared.state();
    let family = state.new_family();
    let code = state
        .codes
        .get_mut(&Digest::of(code), now)
        .ok_or(BAD_CODE)?;
    // Used from here on, whatever follows: a code has one try.
    if let Some(family) = code.used_for.replace(family) {
        state.revoke_replayed(family);
        return Err(BAD_CODE);
    }
    let grant = code.grant.clone();
    // Digests of digests: how long comparing takes says nothing about the challenge.
    let verified = is_verifier(verifier)
        && Digest::of(&Digest::of(verifier).challenge()) == Digest::of(&code.challenge);
    if grant.client_id != client_id || grant.redirect_uri != redirect_uri || !verified {
        return Err(BAD_CODE);
    }
    if form.get("resource") != Some(&grant.resource) {
        return Err(OTHER_RESOURCE);
    }
    // While the lock is held: whoever presents the code again finds the family to revoke.
    let expires = shared.grant_ends(&grant, now);
    state
        .keep(family, now, expires)
        .map_err(|_| OAuthError::full())?;
    drop(state);
    let scopes = grant.scopes.join(" ");
    issue(shared, grant, family, &scopes, BAD_CODE)
}

/// RFC 7636, section 4.1.
fn is_verifier(verifier: &str) -> bool {
    (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn refresh(shared: &Shared, client_id: &str, form: &Parameters) -> Result<Response, OAuthError> {
    let token = form
        .get("refresh_token")
        .ok_or(OAuthError::invalid_request("refresh_token is missing"))?;
    let token = Digest::of(token);
    let now = shared.now();
    let mut state = shared.state();
    let known = state.refresh.get_mut(&token, now).ok_or(BAD_REFRESH)?;
    let family = known.family;
    if known.grant.client_id != client_id {
        return Err(BAD_REFRESH);
    }
    if known.used {
        state.revoke_replayed(family);
        return Err(BAD_REFRESH);
    }
    let grant = known.grant.clone();
    if !state.is_alive(family, now) {
        return Err(BAD_REFRESH);
    }
    if form.get("resource") != Some(&grant.resource) {
        return Err(OTHER_RESOURCE);
    }
    let scopes = match form.get("scope") {
        Some(list) => shared
            .scopes(list)
            .filter(|scopes| scopes.iter().all(|it| grant.scopes.contains(it)))
            .ok_or(OAuthError::invalid_scope())?,
        None => grant.scopes.clone(),
    };
    // Only now: a request that is refused for what it asks can be repeated.
    if let Some(known) = state.refresh.get_mut(&token, now) {
        known.used = true;
    }
    drop(state);
    issue(shared, grant, family, &scopes.join(" "), BAD_REFRESH)
}

/// An access token, and a refresh token for the next one; `revoked` if the family has been revoked by now.
fn issue(
    shared: &Shared,
    grant: Grant,
    family: Family,
    scope: &str,
    revoked: OAuthError,
) -> Result<Response, OAuthError> {
    let now = shared.now();
    let lifetime = shared.config.access_token_lifetime;
    let expires = shared.grant_ends(&grant, now);
    let mut state = shared.state();
    if !state.is_alive(family, now) {
        return Err(revoked);
    }
    state
        .keep(family, now, expires)
        .map_err(|_| OAuthError::full())?;
    drop(state);
    let audience = Audience {
        subject: USER,
        client_id: &grant.client_id,
        resource: &grant.resource,
        scope: scope.to_owned(),
    };
    let access_token = shared.issue(audience, family, lifetime)?;
    let mut answer = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime.as_secs(),
        "scope": scope,
    });
    if grant.refreshes {
        let token = random().map_err(|_| OAuthError::server_error())?;
        let digest = Digest::of(&token);
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("refresh_token".to_owned(), token.into());
        }
        let refresh = Refresh {
            grant,
            family,
            used: false,
        };
        let mut state = shared.state();
        let kept = state.refresh.insert(digest, refresh, now, expires);
        kept.map_err(|_| OAuthError::full())?;
    }
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    Ok((headers, Json(answer)).into_response())
}

impl Shared {
    /// When the last token of a grant expires, if it is issued now.
    fn grant_ends(&self, grant: &Grant, now: Duration) -> Duration {
        let access = self.config.access_token_lifetime;
        let refresh = self.config.refresh_token_lifetime;
        now.saturating_add(if grant.refreshes {
            refresh.max(access)
        } else {
            access
        })
    }
}
