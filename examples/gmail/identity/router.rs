//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::watch;

use super::outage::{Outage, suffer};
use super::state::Shared;
use super::{authorize, grant, introspect, metadata, register};

/// The largest request body, in bytes: what is sent here is a few short strings.
const MAX_BODY_BYTES: usize = 16 * 1024;

pub(super) fn router(shared: Arc<Shared>, outage: watch::Receiver<Outage>) -> Router {
    let path = &shared.config.path;
    let endpoint = |name: &str| format!("{path}{name}");
    let mut router = Router::new()
        .route(
            &endpoint("/.well-known/openid-configuration"),
            get(metadata::metadata),
        )
        .route(
            &format!("/.well-known/oauth-authorization-server{path}"),
            get(metadata::metadata),
        )
        .route(&endpoint("/jwks"), get(metadata::jwks))
        .route(
            &endpoint("/authorize"),
            get(authorize::ask).post(authorize::decide),
        )
        .route(&endpoint("/token"), post(grant::token))
        .route(&endpoint("/revoke"), post(introspect::revoke))
        .route(&endpoint("/introspect"), post(introspect::introspect))
        .route(&endpoint("/register"), post(register::register));
    if !path.is_empty() {
        // Not in a specification of OpenID, but in MCP's list of places to look at.
        router = router.route(
            &format!("/.well-known/openid-configuration{path}"),
            get(metadata::metadata),
        );
    }
    router
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(outage, suffer))
        .with_state(shared)
}
