//! Answers of servers that do not know `server/discover`.

use ::http::StatusCode;
use rmcp::model::{ClientRequest, ErrorData, JsonRpcRequest, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::StreamableHttpPostResponse;

/// The rejection of a discovery as an answer, from which rmcp tells an old
/// server from a new one. It takes the id of the request: who rejects at this
/// point often cannot know it.
pub(super) fn rejection(
    request: &JsonRpcRequest<ClientRequest>,
    has_session: bool,
    status: StatusCode,
    body: &str,
) -> Option<StreamableHttpPostResponse> {
    let is_rejection = status.is_client_error()
        && !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        && !has_session
        && matches!(request.request, ClientRequest::DiscoverRequest(_));
    if !is_rejection {
        return None;
    }
    let error = match serde_json::from_str(body) {
        Ok(ServerJsonRpcMessage::Error(error)) => error.error,
        _ => ErrorData::invalid_request(
            format!("server/discover rejected with HTTP {status}: {body}"),
            None,
        ),
    };
    let message = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
    Some(StreamableHttpPostResponse::Json(message, None))
}
