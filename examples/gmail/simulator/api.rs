//! The four methods of the Gmail API that the example calls.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use mail_parser::MessageParser;
use serde_json::{Map, Value, json};

use super::Shared;
use super::error::ApiError;
use super::mailbox::{ACCOUNT, Message, Outgoing};
use super::parameters::Parameters;
use super::search::Search;

/// `maxResults` if absent, and at most: as Google documents them.
const DEFAULT_RESULTS: u32 = 100;
const MAX_RESULTS: u32 = 500;

const PROFILE_LATENCY: Duration = Duration::from_millis(50);
const LIST_LATENCY: Duration = Duration::from_millis(400);
const SEND_LATENCY: Duration = Duration::from_millis(450);
/// By the message's place in the mailbox, so that every run looks a little like life and like every other run.
const MESSAGE_LATENCIES: [Duration; 5] = [
    Duration::from_millis(520),
    Duration::from_millis(510),
    Duration::from_millis(530),
    Duration::from_millis(515),
    Duration::from_millis(525),
];

type Answer = Result<Json<Value>, ApiError>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/gmail/v1/users/{user}/profile", get(profile))
        .route("/gmail/v1/users/{user}/messages", get(list))
        .route("/gmail/v1/users/{user}/messages/send", post(send))
        .route("/gmail/v1/users/{user}/messages/{id}", get(message))
        .fallback(async || ApiError::no_such_method())
        .method_not_allowed_fallback(async || ApiError::no_such_method())
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            authorize,
        ))
        .with_state(shared)
}

/// Asks for the bearer token before anything else, as Google does.
async fn authorize(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match bearer_token(request.headers()) {
        None => ApiError::no_credentials().into_response(),
        Some(token) if token != shared.config.access_token => {
            ApiError::wrong_credentials().into_response()
        }
        Some(_) => next.run(request).await,
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Takes the time that the call takes, and fails if it is to.
async fn work(shared: &Shared, user: &str, latency: Duration) -> Result<(), ApiError> {
    shared.wait(latency).await;
    match shared.config.fail {
        Some(status) => Err(ApiError::injected(status)),
        None if user != "me" && user != ACCOUNT => Err(ApiError::delegation_denied()),
        None => Ok(()),
    }
}

async fn profile(State(shared): State<Arc<Shared>>, Path(user): Path<String>) -> Answer {
    work(&shared, &user, PROFILE_LATENCY).await?;
    let mailbox = shared.mailbox();
    let total = mailbox.messages().len();
    Ok(Json(json!({
        "emailAddress": ACCOUNT,
        "messagesTotal": total,
        "threadsTotal": total,
        "historyId": history_id(mailbox.now()),
    })))
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    work(&shared, &user, LIST_LATENCY).await?;
    let parameters = Parameters::parse(query.as_deref());
    let size = match parameters.number("maxResults", "max_results")? {
        None | Some(0) => DEFAULT_RESULTS,
        Some(size) => size.min(MAX_RESULTS),
    };
    let offset = parameters
        .last("pageToken")
        .filter(|token| !token.is_empty())
        .map_or(Ok(0), page_offset)?;
    let search = Search::parse(parameters.last("q").unwrap_or_default());

    let mailbox = shared.mailbox();
    let found: Vec<_> = mailbox
        .messages()
        .iter()
        .filter(|message| search.matches(message, mailbox.now()))
        .filter(|message| {
            parameters
                .all("labelIds")
                .all(|label| message.has_label(label))
        })
        .collect();
    let end = offset.saturating_add(size as usize).min(found.len());
    let page: Vec<_> = found
        .get(offset..end)
        .unwrap_or_default()
        .iter()
        .map(|message| json!({"id": message.id, "threadId": message.thread_id}))
        .collect();

    let mut answer = object([("resultSizeEstimate", found.len().into())]);
    if !page.is_empty() {
        answer.extend(object([("messages", page.into())]));
    }
    if end < found.len() {
        answer.extend(object([("nextPageToken", page_token(end).into())]));
    }
    Ok(Json(answer.into()))
}

/// A page token is opaque to the caller: a number that no caller makes up by counting.
const PAGE_TOKEN_FACTOR: u64 = 7_919_000_003;

fn page_token(offset: usize) -> String {
    (offset as u64)
        .saturating_mul(PAGE_TOKEN_FACTOR)
        .to_string()
}

fn page_offset(token: &str) -> Result<usize, ApiError> {
    let number: Option<u64> = token.parse().ok();
    number
        .filter(|number| number % PAGE_TOKEN_FACTOR == 0)
        .and_then(|number| usize::try_from(number / PAGE_TOKEN_FACTOR).ok())
        .ok_or_else(|| ApiError::invalid("Invalid pageToken"))
}

async fn message(
    State(shared): State<Arc<Shared>>,
    Path((user, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let place = shared.mailbox().find(&id).map_or(0, |(place, _)| place);
    let latency = MESSAGE_LATENCIES
        .get(place % MESSAGE_LATENCIES.len())
        .copied()
        .unwrap_or(LIST_LATENCY);
    work(&shared, &user, latency).await?;
    if id.is_empty() || id.len() > 16 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::invalid("Invalid id value"));
    }
    let parameters = Parameters::parse(query.as_deref());
    let mailbox = shared.mailbox();
    let (_, message) = mailbox.find(&id).ok_or_else(ApiError::not_found)?;
    let payload = match parameters
        .last("format")
        .unwrap_or("full")
        .to_ascii_lowercase()
        .as_str()
    {
        "minimal" => None,
        "metadata" => Some(("payload", metadata(message, &parameters))),
        "full" => Some(("payload", full(message))),
        "raw" => Some(("raw", URL_SAFE.encode(message.raw()).into())),
        other => {
            let kind = "type.googleapis.com/google.gmail.v1.MessageFormat";
            return Err(ApiError::invalid_value("format", kind, other));
        }
    };
    let mut answer = minimal(message);
    answer.extend(payload.map(|(key, value)| (key.to_owned(), value)));
    Ok(Json(answer.into()))
}

fn minimal(message: &Message) -> Map<String, Value> {
    object([
        ("id", message.id.as_str().into()),
        ("threadId", message.thread_id.as_str().into()),
        (
            "labelIds",
            message
                .labels
                .iter()
                .map(AsRef::as_ref)
                .collect::<Vec<&str>>()
                .into(),
        ),
        ("snippet", message.snippet().into()),
        ("sizeEstimate", message.raw().len().into()),
        ("historyId", history_id(message.internal_date).into()),
        ("internalDate", message.internal_date.to_string().into()),
    ])
}

fn object<const LENGTH: usize>(members: [(&str, Value); LENGTH]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn metadata(message: &Message, parameters: &Parameters) -> Value {
    let wanted: Vec<_> = parameters.all("metadataHeaders").collect();
    let is_wanted = |name: &str| {
        wanted.is_empty()
            || wanted
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    json!({"mimeType": "text/plain", "headers": headers(message, is_wanted)})
}

fn full(message: &Message) -> Value {
    json!({
        "partId": "",
        "mimeType": "text/plain",
        "filename": "",
        "headers": headers(message, |_| true),
        "body": {"size": message.body.len(), "data": URL_SAFE.encode(&message.body)},
    })
}

fn headers(message: &Message, is_wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let headers = message.headers.iter().filter(|(name, _)| is_wanted(name));
    headers
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

fn history_id(internal_date: i64) -> String {
    (internal_date / 1000 - 1_790_000_000).to_string()
}

async fn send(State(shared): State<Arc<Shared>>, Path(user): Path<String>, body: Bytes) -> Answer {
    work(&shared, &user, SEND_LATENCY).await?;
    let mail = outgoing(&body)?;
    let sent = shared.mailbox().send(&mail);
    Ok(Json(
        json!({"id": sent.id, "threadId": sent.thread_id, "labelIds": sent.labels}),
    ))
}

/// Reads the mail out of `{"raw": <base64url of RFC 2822>}`.
fn outgoing(body: &[u8]) -> Result<Outgoing, ApiError> {
    let json: Value = serde_json::from_slice(body)
        .map_err(|_| ApiError::invalid("Invalid JSON payload received. Unexpected token."))?;
    let raw = json.get("raw").and_then(Value::as_str).ok_or_else(|| {
        ApiError::invalid(
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
        )
    })?;
    let bytes = URL_SAFE_NO_PAD
        .decode(raw.trim_end_matches('='))
        .map_err(|_| {
            ApiError::invalid("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed")
        })?;
    let mail = MessageParser::default()
        .parse(&bytes)
        .ok_or_else(|| ApiError::invalid("Invalid message"))?;
    let to = addresses(mail.to());
    if [&to, &addresses(mail.cc()), &addresses(mail.bcc())]
        .into_iter()
        .all(String::is_empty)
    {
        return Err(ApiError::invalid("Recipient address required"));
    }
    if to
        .split(", ")
        .any(|address| !to.is_empty() && !address.contains('@'))
    {
        return Err(ApiError::invalid("Invalid To header"));
    }
    let from = match addresses(mail.from()) {
        from if from.is_empty() => ACCOUNT.to_owned(),
        from => from,
    };
    Ok(Outgoing {
        from,
        to,
        subject: mail.subject().unwrap_or_default().to_owned(),
        body: mail.body_text(0).unwrap_or_default().into_owned(),
    })
}

fn addresses(addresses: Option<&mail_parser::Address<'_>>) -> String {
    let written = addresses
        .into_iter()
        .flat_map(|addresses| addresses.iter())
        .map(|address| match (address.name(), address.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (None, Some(address)) => address.to_owned(),
            (name, None) => name.unwrap_or_default().to_owned(),
        });
    written.collect::<Vec<_>>().join(", ")
}
