//! `/register`: dynamic client registration (RFC 7591).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::clients::ClientMetadata;
use super::error::OAuthError;
use super::parameters::is_json;
use super::secret::random;
use super::state::Shared;

/// How long a registration lasts.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.counted(add(&shared, &headers, &body))
}

fn add(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Response, OAuthError> {
    let flaw = |(code, description)| OAuthError::new(code, description);
    let metadata = is_json(headers)
        .then(|| serde_json::from_slice::<ClientMetadata>(body).ok())
        .flatten()
        .ok_or_else(|| {
            flaw((
                "invalid_client_metadata",
                "the body is no JSON object of client metadata",
            ))
        })?;
    if metadata
        .scope
        .as_deref()
        .is_some_and(|scope| shared.scopes(scope).is_none())
    {
        return Err(flaw((
            "invalid_client_metadata",
            "scope names one that is unknown",
        )));
    }
    let id = random().map_err(|_| OAuthError::server_error())?;
    let client = metadata.client(id.clone()).map_err(flaw)?;
    let now = shared.now();
    let grant_types: &[&str] = if client.refreshes {
        &["authorization_code", "refresh_token"]
    } else {
        &["authorization_code"]
    };
    let mut answer = json!({
        "client_id": client.id,
        "client_id_issued_at": now.as_secs(),
        "redirect_uris": client.redirect_uris,
        "grant_types": grant_types,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    if let Some(answer) = answer.as_object_mut() {
        let said = [
            ("client_name", &client.name),
            ("scope", &metadata.scope),
            ("application_type", &metadata.application_type),
        ];
        for (key, value) in said {
            if let Some(value) = value {
                answer.insert(key.to_owned(), value.as_str().into());
            }
        }
    }
    shared
        .state()
        .clients
        .insert(id, client, now, now.saturating_add(LIFETIME))
        .map_err(|_| OAuthError::full())?;
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(answer)).into_response())
}

impl Shared {
    /// The scopes of a list with spaces in between, without repetitions; None if one is unknown.
    pub(super) fn scopes(&self, list: &str) -> Option<Vec<String>> {
        let mut scopes = Vec::new();
        for scope in list.split(' ').filter(|scope| !scope.is_empty()) {
            if !self.config.scopes.iter().any(|known| known == scope) {
                return None;
            }
            if !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
        Some(scopes)
    }

    /// The answer, after counting it if it is a refusal.
    pub(super) fn counted(&self, answer: Result<Response, OAuthError>) -> Response {
        answer.unwrap_or_else(|error| {
            let full = error == OAuthError::full();
            let mut state = self.state();
            state.counts.refused += 1;
            state.counts.over_capacity += u64::from(full);
            drop(state);
            error.into_response()
        })
    }
}
