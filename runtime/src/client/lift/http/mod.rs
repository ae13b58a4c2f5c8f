//! An HTTP client for rmcp that lifts answers.
//!
//! rmcp's client decodes bodies as it reads them, so requests are sent here.
//! What becomes of statuses, challenges and bodies is rmcp's own mapping, line
//! by line (3.11, `transport/common/reqwest`): a caller sees no difference but
//! the telemetry. What is no request has no answer to lift, and is left to
//! rmcp's client.

mod answer;
mod body;
mod discover;
mod head;

use std::collections::HashMap;
use std::sync::Arc;

use ::http::{HeaderName, HeaderValue};
use futures_util::stream::BoxStream;
use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::transport::common::http_header::{
    EVENT_STREAM_MIME_TYPE, HEADER_LAST_EVENT_ID, HEADER_SESSION_ID, JSON_MIME_TYPE,
};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    StreamableHttpResponseLimits,
};
use sse_stream::Sse;

use super::handle::Lift;

type Error = StreamableHttpError<reqwest::Error>;

/// What [`StreamableHttpClient`] gives for an event stream.
type Events = BoxStream<'static, Result<Sse, SseError>>;

/// Headers that a caller cannot set: rmcp's own, or the transport's.
const RESERVED_HEADERS: [&str; 3] = ["accept", HEADER_SESSION_ID, HEADER_LAST_EVENT_ID];

/// Sends requests, and lifts the answers before rmcp decodes them.
///
/// Made by [`Lift::http_client`]. It can take the place of a `reqwest::Client`
/// in rmcp's transports and in its `AuthClient`.
#[derive(Clone, Debug)]
pub struct LiftingHttpClient {
    lift: Lift,
    client: reqwest::Client,
}

impl LiftingHttpClient {
    pub(super) fn new(lift: Lift, client: reqwest::Client) -> Self {
        Self { lift, client }
    }
}

impl StreamableHttpClient for LiftingHttpClient {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Error> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(
            uri,
            message,
            session_id,
            auth_header,
            custom_headers,
            limits,
        )
        .await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
        max_sse_event_size: usize,
    ) -> Result<StreamableHttpPostResponse, Error> {
        let mut limits = StreamableHttpResponseLimits::default();
        limits.max_sse_event_size = max_sse_event_size;
        self.post_message_with_response_limits(
            uri,
            message,
            session_id,
            auth_header,
            custom_headers,
            limits,
        )
        .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Error> {
        let ClientJsonRpcMessage::Request(request) = &message else {
            return self
                .client
                .post_message_with_response_limits(
                    uri,
                    message,
                    session_id,
                    auth_header,
                    custom_headers,
                    limits,
                )
                .await;
        };
        let has_session = session_id.is_some();
        let post = self.client.post(uri.as_ref());
        let post = with_headers(post, session_id, auth_header, custom_headers)?;
        let response = post.json(&message).send().await?;
        answer::read(&self.lift, response, request, has_session, limits).await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Error> {
        self.client
            .delete_session(uri, session_id, auth_header, custom_headers)
            .await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<Events, Error> {
        let limits = StreamableHttpResponseLimits::default();
        self.get_stream_with_max_sse_event_size(
            uri,
            session_id,
            last_event_id,
            auth_header,
            custom_headers,
            limits.max_sse_event_size,
        )
        .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
        max_sse_event_size: usize,
    ) -> Result<Events, Error> {
        let mut get = self.client.get(uri.as_ref());
        if let Some(last_event_id) = last_event_id {
            get = get.header(HEADER_LAST_EVENT_ID, last_event_id);
        }
        let get = with_headers(get, session_id, auth_header, custom_headers)?;
        let response = get.send().await?;
        answer::read_stream(&self.lift, response, max_sse_event_size)
    }
}

fn with_headers(
    mut request: RequestBuilder,
    session_id: Option<Arc<str>>,
    auth_header: Option<String>,
    custom_headers: HashMap<HeaderName, HeaderValue>,
) -> Result<RequestBuilder, Error> {
    request = request.header(ACCEPT, [EVENT_STREAM_MIME_TYPE, JSON_MIME_TYPE].join(", "));
    if let Some(session_id) = session_id {
        request = request.header(HEADER_SESSION_ID, session_id.as_ref());
    }
    if let Some(token) = auth_header {
        request = request.bearer_auth(token);
    }
    for (name, value) in custom_headers {
        let is_reserved = RESERVED_HEADERS
            .iter()
            .any(|reserved| name.as_str().eq_ignore_ascii_case(reserved));
        if is_reserved {
            return Err(StreamableHttpError::ReservedHeaderConflict(
                name.to_string(),
            ));
        }
        request = request.header(name, value);
    }
    Ok(request)
}
