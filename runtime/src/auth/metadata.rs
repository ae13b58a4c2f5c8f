//! Protected resource metadata (RFC 9728): what everybody may know.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE,
};
use serde_json::{Value, json};
use url::Url;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document of one resource.
#[derive(Debug, Clone)]
pub(super) struct ResourceMetadata {
    body: Bytes,
    /// The path made from the resource's own (RFC 9728, section 3.1).
    path: String,
}

impl ResourceMetadata {
    pub(super) fn new(
        resource: &str,
        url: &Url,
        name: Option<&str>,
        authorization_servers: &[String],
        scopes: &[String],
    ) -> Self {
        let mut document = json!({
            "resource": resource,
            "authorization_servers": authorization_servers,
            "bearer_methods_supported": ["header"],
        });
        if let Some(document) = document.as_object_mut() {
            if !scopes.is_empty() {
                document.insert("scopes_supported".to_owned(), json!(scopes));
            }
            if let Some(name) = name {
                document.insert("resource_name".to_owned(), Value::from(name));
            }
        }
        let path = match url.path() {
            "/" => WELL_KNOWN.to_owned(),
            path => format!("{WELL_KNOWN}{path}"),
        };
        Self {
            body: Bytes::from(document.to_string()),
            path,
        }
    }

    /// Where clients find it.
    pub(super) fn url(&self, resource: &Url) -> String {
        let mut url = resource.clone();
        url.set_path(&self.path);
        url.into()
    }

    /// Serves it, at the root as well as under the resource's own path. Any
    /// page may read it: it is public. Clients in browsers ask beforehand
    /// whether they may, because they send `MCP-Protocol-Version` along.
    pub(super) fn router(&self) -> Router {
        let body = self.body.clone();
        let answer = get(move || {
            let headers = [
                (CONTENT_TYPE, "application/json"),
                (CACHE_CONTROL, "max-age=3600"),
                (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            std::future::ready((headers, body.clone()))
        });
        let preflight = || {
            let headers = [
                (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
                (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
                (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
                (ACCESS_CONTROL_MAX_AGE, "3600"),
            ];
            std::future::ready((StatusCode::NO_CONTENT, headers))
        };
        let answer = answer.options(preflight);
        // The checks are for patterns of axum 0.7; a URL's path holds none of today's.
        let router = Router::new().without_v07_checks();
        let router = router.route(WELL_KNOWN, answer.clone());
        if self.path == WELL_KNOWN {
            return router;
        }
        router.route(&self.path, answer)
    }
}
