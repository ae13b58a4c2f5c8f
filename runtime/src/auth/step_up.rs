//! From a refusal inside the protocol to one that HTTP shows: HTTP 403 with the
//! scopes that are needed (MCP, Scope Challenge Handling).
//!
//! The handler refuses, inside the SERVER span, so that the answer carries the
//! stages that ran (S15). It leaves a note with the request; the layer around
//! the transport reads it and sets status and header. Where the transport
//! answers with an event stream (the lifecycle with sessions), the status would
//! be on its way before the handler runs: the layer looks into the request for
//! what it asks for, and takes its time only if that is going to be refused.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use rmcp::RoleServer;
use rmcp::model::{ErrorCode, ErrorData};
use rmcp::service::RequestContext;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::identity::Identity;
use crate::phase::{Outcome, Phase};
use crate::semconv;

/// Phase in which scopes are compared.
const AUTHORIZE: &str = "auth.authorize";

/// A note with a request: the scopes that it was refused for.
#[derive(Clone, Debug, Default)]
pub(super) struct StepUp(Arc<OnceLock<Vec<String>>>);

impl StepUp {
    pub(super) fn scopes(&self) -> Option<&[String]> {
        self.0.get().map(Vec::as_slice)
    }
}

/// Checks in a handler of your own that the caller of `request` has all
/// `scopes`, as the phase `auth.authorize`. Tools do so by themselves:
/// `#[mcp_tool(scopes("files.read"))]`.
///
/// # Errors
///
/// If the caller lacks one, or is not known. Answer with the error: behind an
/// [`AuthLayer`](super::AuthLayer) it becomes HTTP 403 with the challenge, unless
/// the transport answers with an event stream.
pub fn authorize(request: &RequestContext<RoleServer>, scopes: &[&str]) -> Result<(), ErrorData> {
    let allowed = Phase::start(AUTHORIZE, |_| {}).run_sync(
        || has_all(Identity::of(request), scopes),
        |allowed| match allowed {
            true => Outcome::value(),
            false => Outcome::error(semconv::ERROR_INSUFFICIENT_SCOPE),
        },
    );
    if allowed {
        return Ok(());
    }
    let parts = request.extensions.get::<Parts>();
    if let Some(note) = parts.and_then(|parts| parts.extensions.get::<StepUp>()) {
        note.0
            .get_or_init(|| scopes.iter().map(|scope| (*scope).to_owned()).collect());
    }
    let scope = scopes.join(" ");
    Err(ErrorData::new(
        ErrorCode::INVALID_REQUEST,
        format!("the access token lacks a scope; this needs: {scope}"),
        Some(json!({"error": semconv::ERROR_INSUFFICIENT_SCOPE, "scope": scope})),
    ))
}

/// Whether `identity` has all `scopes`. Nobody has none.
pub(crate) fn has_all(identity: Option<&Identity>, scopes: &[&str]) -> bool {
    scopes.is_empty()
        || identity.is_some_and(|identity| scopes.iter().all(|scope| identity.has_scope(scope)))
}

/// An answer of one JSON message, whatever it came as.
pub(super) async fn into_json(response: Response<Body>) -> Response<Body> {
    let (mut parts, mut body) = response.into_parts();
    let is_events = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !is_events {
        return Response::from_parts(parts, body);
    }
    let mut events = Vec::new();
    let mut message = None;
    while message.is_none()
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(data) = frame.into_data() {
            events.extend_from_slice(&data);
            message = last_message(&events);
        }
    }
    let Some(message) = message else {
        return Response::from_parts(parts, Body::from(events));
    };
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(message))
}

/// The answer among complete events; rmcp writes a message on one line.
fn last_message(events: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "id")]
        _id: IgnoredAny,
        #[serde(rename = "error")]
        _error: IgnoredAny,
    }
    let text = std::str::from_utf8(events).ok()?;
    let complete = text.get(..text.rfind('\n')?)?;
    complete
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(str::trim)
        .find(|data| serde_json::from_str::<Answer>(data).is_ok())
        .map(str::to_owned)
}

/// Makes the answer the challenge that belongs to it.
pub(super) fn challenge(response: &mut Response<Body>, challenge: Option<HeaderValue>) {
    *response.status_mut() = StatusCode::FORBIDDEN;
    if let Some(challenge) = challenge {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
}

/// Notes why the request failed, for its root span.
pub(crate) fn note_refusal() {
    crate::instrument::note_failure(semconv::ERROR_INSUFFICIENT_SCOPE);
}
