//! The response to a request, as rmcp's own client reads it.

use ::http::StatusCode;
use reqwest::Response;
use rmcp::model::{ClientRequest, JsonRpcMessage, JsonRpcRequest, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};

use super::super::handle::Lift;
use super::head::{self, Media};
use super::{Error, Events, body, discover};

/// Bytes of a body that stand in an error message, as many as rmcp shows.
const PREVIEW_BYTES: usize = 256;

const BODY_READ_FAILURE: &str = "<failed to read response body>";

/// Reads the answer to a request that was posted.
pub(super) async fn read(
    lift: &Lift,
    response: Response,
    request: &JsonRpcRequest<ClientRequest>,
    has_session: bool,
    limits: StreamableHttpResponseLimits,
) -> Result<StreamableHttpPostResponse, Error> {
    head::check_challenge(&response)?;
    let status = response.status();
    if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
        return Ok(StreamableHttpPostResponse::Accepted);
    }
    if status == StatusCode::NOT_FOUND && has_session {
        return Err(StreamableHttpError::SessionExpired);
    }
    if !status.is_success() {
        return read_failure(lift, response, request, has_session, limits).await;
    }
    let session_id = head::session_id(response.headers());
    let content_type = head::content_type(response.headers());
    match head::media(content_type.as_deref()) {
        Media::Events => {
            let events = body::read_events(lift, response, limits.max_sse_event_size);
            Ok(StreamableHttpPostResponse::Sse(events, session_id))
        }
        Media::Json => {
            let body = body::read_message(lift, response, limits.max_json_response_size).await?;
            let message =
                serde_json::from_slice(&body).map_err(|error| unreadable(&error, &body))?;
            Ok(StreamableHttpPostResponse::Json(message, session_id))
        }
        Media::Other => Err(StreamableHttpError::UnexpectedContentType(content_type)),
    }
}

/// Reads an event stream that was asked for by itself.
pub(super) fn read_stream(
    lift: &Lift,
    response: Response,
    max_sse_event_size: usize,
) -> Result<Events, Error> {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return Err(StreamableHttpError::ServerDoesNotSupportSse);
    }
    head::check_challenge(&response)?;
    if let Some(error) = head::status_error(response.status(), response.headers()) {
        return Err(error.into());
    }
    let response = response.error_for_status()?;
    let content_type = head::content_type(response.headers());
    // rmcp takes JSON here too, and reads it as events.
    if head::media(content_type.as_deref()) == Media::Other {
        return Err(StreamableHttpError::UnexpectedContentType(content_type));
    }
    Ok(body::read_events(lift, response, max_sse_event_size))
}

/// A status that is no success, whose body may still be a JSON-RPC error.
async fn read_failure(
    lift: &Lift,
    response: Response,
    request: &JsonRpcRequest<ClientRequest>,
    has_session: bool,
    limits: StreamableHttpResponseLimits,
) -> Result<StreamableHttpPostResponse, Error> {
    let status = response.status();
    let session_id = head::session_id(response.headers());
    let content_type = head::content_type(response.headers());
    let is_json = head::media(content_type.as_deref()) == Media::Json;
    let is_limited = status == StatusCode::TOO_MANY_REQUESTS;
    let status_error = head::status_error(status, response.headers());
    if let Some(error) = status_error {
        if !is_json || is_limited {
            return Err(error.into());
        }
        // A JSON-RPC error says more than the status does.
        return match read_error(lift, response, limits).await {
            Ok(ErrorBody::JsonRpc(message, _)) => {
                Ok(StreamableHttpPostResponse::Json(*message, session_id))
            }
            Ok(ErrorBody::Other(_)) | Err(StreamableHttpError::ResponseBodyTooLarge { .. }) => {
                Err(error.into())
            }
            Err(other) => Err(other),
        };
    }
    let is_denial = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let body = if is_json && !is_denial {
        match read_error(lift, response, limits).await? {
            ErrorBody::JsonRpc(message, text) => {
                let rejection = discover::rejection(request, has_session, status, &text);
                return Ok(
                    rejection.unwrap_or(StreamableHttpPostResponse::Json(*message, session_id))
                );
            }
            ErrorBody::Other(text) => text,
        }
    } else {
        match body::read_prefix(response, limits.max_error_response_size).await {
            Ok(prefix) => text(&prefix),
            Err(_) => read_failure_text(limits),
        }
    };
    if let Some(rejection) = discover::rejection(request, has_session, status, &body) {
        return Ok(rejection);
    }
    Err(StreamableHttpError::UnexpectedServerResponse(
        format!("HTTP {status}: {body}").into(),
    ))
}

/// The body of a failure.
enum ErrorBody {
    /// A JSON-RPC error, and its text.
    JsonRpc(Box<ServerJsonRpcMessage>, String),
    /// The first bytes of anything else.
    Other(String),
}

async fn read_error(
    lift: &Lift,
    response: Response,
    limits: StreamableHttpResponseLimits,
) -> Result<ErrorBody, Error> {
    let body = match body::read_message(lift, response, limits.max_json_response_size).await {
        Ok(body) => body,
        Err(StreamableHttpError::Client(_)) => {
            return Ok(ErrorBody::Other(read_failure_text(limits)));
        }
        Err(error) => return Err(error),
    };
    let whole = text(&body);
    if let Ok(message @ JsonRpcMessage::Error(_)) = serde_json::from_str(&whole) {
        return Ok(ErrorBody::JsonRpc(Box::new(message), whole));
    }
    let prefix = body.get(..limits.max_error_response_size);
    Ok(ErrorBody::Other(prefix.map_or(whole, text)))
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

fn read_failure_text(limits: StreamableHttpResponseLimits) -> String {
    BODY_READ_FAILURE
        .get(..limits.max_error_response_size)
        .unwrap_or(BODY_READ_FAILURE)
        .to_owned()
}

/// Why the body of an answer is no message, with its first bytes: empty bodies
/// and error pages can then be told apart.
fn unreadable(error: &serde_json::Error, body: &[u8]) -> Error {
    let preview = match body.get(..PREVIEW_BYTES) {
        Some(start) => text(start),
        None if body.is_empty() => "<empty>".to_owned(),
        None => text(body),
    };
    StreamableHttpError::UnexpectedServerResponse(
        format!("could not parse JSON response as ServerJsonRpcMessage: {error}: {preview}").into(),
    )
}
