//! The three calls that a server makes.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::error::ApiError;
use super::flow::{Flow, Status, Wanted};
use super::{Behaviour, Shared, visit};
use crate::identity::{Digest, Parameters, is_json, random};

/// The longest that a status call waits, as Arcade documents it.
const MAX_WAIT: u64 = 59;
const MAX_BODY_BYTES: usize = 16 * 1024;
/// The tools that this Arcade has: all of Gmail's.
const TOOLKIT: &str = "Gmail.";
const PROVIDER: &str = "google";
const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/gmail.readonly",
    "https://www.googleapis.com/auth/gmail.send",
];

type Answer = Result<Json<Value>, ApiError>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/v1/tools/authorize", post(authorize_tool))
        .route("/v1/auth/authorize", post(authorize))
        .route("/v1/auth/status", get(status))
        .fallback(async || ApiError::not_found("There is no such endpoint."))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            check_key,
        ));
    Router::new()
        .route("/consent", get(visit::show).post(visit::decide))
        .merge(api)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shared)
}

async fn check_key(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let key = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| Digest::of(key.trim()));
    if key != Some(shared.api_key) {
        return ApiError::unauthorized().into_response();
    }
    if *shared.behaviour() == Behaviour::RateLimited {
        return ApiError::too_many().into_response();
    }
    next.run(request).await
}

#[derive(Deserialize)]
struct ToolRequest {
    tool_name: String,
    user_id: Option<String>,
    next_uri: Option<String>,
}

async fn authorize_tool(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let request: ToolRequest = parse(&headers, &body)?;
    if !request.tool_name.starts_with(TOOLKIT) {
        return Err(ApiError::not_found("There is no such tool."));
    }
    let wanted = Wanted {
        user_id: user(request.user_id)?,
        provider_id: PROVIDER.to_owned(),
        scopes: SCOPES.map(str::to_owned).into(),
    };
    begin(&shared, wanted, request.next_uri.as_deref())
}

#[derive(Deserialize)]
struct AuthRequest {
    auth_requirement: Requirement,
    user_id: Option<String>,
    next_uri: Option<String>,
}

#[derive(Deserialize)]
struct Requirement {
    id: Option<String>,
    provider_id: Option<String>,
    provider_type: Option<String>,
    oauth2: Option<OAuth2Requirement>,
}

#[derive(Deserialize)]
struct OAuth2Requirement {
    #[serde(default)]
    scopes: Vec<String>,
}

async fn authorize(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Answer {
    let request: AuthRequest = parse(&headers, &body)?;
    let requirement = request.auth_requirement;
    if requirement
        .provider_type
        .is_some_and(|kind| kind != "oauth2")
    {
        return Err(ApiError::bad_request("provider_type has to be oauth2."));
    }
    let wanted = Wanted {
        user_id: user(request.user_id)?,
        provider_id: requirement
            .provider_id
            .or(requirement.id)
            .ok_or(ApiError::bad_request("provider_id or id is needed."))?,
        scopes: requirement
            .oauth2
            .map(|oauth2| oauth2.scopes)
            .unwrap_or_default(),
    };
    begin(&shared, wanted, request.next_uri.as_deref())
}

fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, ApiError> {
    if !is_json(headers) {
        return Err(ApiError::not_json());
    }
    serde_json::from_slice(body)
        .map_err(|_| ApiError::bad_request("The body is not what this call takes."))
}

fn user(id: Option<String>) -> Result<String, ApiError> {
    id.filter(|id| !id.is_empty())
        .ok_or(ApiError::bad_request("user_id is needed."))
}

/// The authorization for this: the one there is, or a new one.
fn begin(shared: &Shared, wanted: Wanted, next_uri: Option<&str>) -> Answer {
    let next_uri = match next_uri {
        Some(uri) => Some(
            Url::parse(uri)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .ok_or(ApiError::bad_request("next_uri has to be an http URL."))?,
        ),
        None => None,
    };
    let behaviour = *shared.behaviour();
    let mut flows = shared.flows();
    if let Some((id, flow)) = flows.find(&wanted) {
        return Ok(shared.answer(id, flow));
    }
    let (Ok(id), Ok(csrf_token)) = (random(), random()) else {
        return Err(ApiError::internal());
    };
    let flow = Flow {
        wanted,
        status: match behaviour {
            Behaviour::Granted => Status::Completed,
            _ => Status::Pending,
        },
        next_uri,
        csrf_token,
    };
    let answer = shared.answer(&id, &flow);
    flows.begin(&id, flow).ok_or(ApiError::too_many())?;
    Ok(answer)
}

/// Says how far an authorization is. With `wait`, says it when it is not pending any more, or the time is over.
async fn status(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Answer {
    let parameters = Parameters::parse(query.as_deref().unwrap_or_default().as_bytes())
        .map_err(|_| ApiError::bad_request("A parameter stands there twice."))?;
    let id = parameters
        .get("id")
        .ok_or(ApiError::bad_request("id is needed."))?;
    let wait = match parameters.get("wait") {
        Some(wait) => wait
            .parse::<u64>()
            .ok()
            .filter(|wait| *wait <= MAX_WAIT)
            .ok_or(ApiError::bad_request("wait is 0 to 59 seconds."))?,
        None => 0,
    };
    let is_pending = || {
        let flows = shared.flows();
        flows
            .get(id)
            .is_some_and(|flow| flow.status == Status::Pending)
    };
    let mut changed = shared.changed.subscribe();
    let settled = async { while is_pending() && changed.changed().await.is_ok() {} };
    // Over or not: the answer is what is now.
    let _ = tokio::time::timeout(Duration::from_secs(wait), settled).await;
    let flows = shared.flows();
    let flow = flows
        .get(id)
        .ok_or(ApiError::bad_request("There is no such authorization."))?;
    Ok(shared.answer(id, flow))
}

impl Shared {
    fn answer(&self, id: &str, flow: &Flow) -> Json<Value> {
        let mut answer = json!({
            "id": id,
            "provider_id": flow.wanted.provider_id,
            "scopes": flow.wanted.scopes,
            "status": flow.status.name(),
            "user_id": flow.wanted.user_id,
        });
        let (key, value) = match flow.status {
            Status::Pending => ("url", format!("{}/consent?flow_id={id}", self.base).into()),
            Status::Completed => ("context", json!({"token": self.token, "user_info": {}})),
            Status::Failed => return Json(answer),
        };
        if let Some(answer) = answer.as_object_mut() {
            answer.insert(key.to_owned(), value);
        }
        Json(answer)
    }
}
