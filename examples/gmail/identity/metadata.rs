//! What clients and resource servers read first: metadata and keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::config::SigningAlgorithm;
use super::state::Shared;

/// RFC 8414, with the members that OpenID Connect Discovery demands of the same document.
pub(super) async fn metadata(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let algorithm = match shared.config.algorithm {
        SigningAlgorithm::EdDsa => "EdDSA",
        SigningAlgorithm::Es256 => "ES256",
        SigningAlgorithm::Rs256 => "RS256",
    };
    Json(json!({
        "issuer": shared.issuer,
        "authorization_endpoint": shared.endpoint("/authorize"),
        "token_endpoint": shared.endpoint("/token"),
        "jwks_uri": shared.endpoint("/jwks"),
        "registration_endpoint": shared.endpoint("/register"),
        "revocation_endpoint": shared.endpoint("/revoke"),
        "introspection_endpoint": shared.endpoint("/introspect"),
        "scopes_supported": shared.config.scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
    }))
}

pub(super) async fn jwks(State(shared): State<Arc<Shared>>) -> Response {
    shared.state().counts.key_sets += 1;
    let keys = shared.keys().public(shared.now());
    // No cache in between: after a rotation the new key has to be seen at once.
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Json(keys)).into_response()
}
