//! One request to a server, whose id is known and which is cancelled when nobody waits for it any more.

use rmcp::RoleClient;
use rmcp::model::{
    CallToolResponse, CallToolResult, CancelledNotification, CancelledNotificationParam,
    ClientRequest, MetaObject, RequestId, ServerResult,
};
use rmcp::service::{Peer, PeerRequestOptions, ServiceError};
use tokio::runtime::Handle;

const ABANDONED: &str = "request abandoned by the caller";

/// Sends a request; `sent` is told its id before the answer is awaited.
///
/// # Cancel safety
///
/// Dropped while it waits, it tells the server that the request is cancelled.
pub(super) async fn send(
    peer: &Peer<RoleClient>,
    request: ClientRequest,
    sent: impl FnOnce(&RequestId),
) -> Result<ServerResult, ServiceError> {
    let options = PeerRequestOptions::no_options();
    let handle = peer.send_cancellable_request(request, options).await?;
    sent(&handle.id);
    let mut guard = CancelOnDrop {
        peer: peer.clone(),
        runtime: Handle::try_current().ok(),
        id: Some(handle.id.clone()),
    };
    let result = handle.await_response().await;
    guard.id = None;
    result
}

struct CancelOnDrop {
    peer: Peer<RoleClient>,
    /// Of the call: it may be dropped elsewhere.
    runtime: Option<Handle>,
    id: Option<RequestId>,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let (Some(id), Some(runtime)) = (self.id.take(), self.runtime.take()) else {
            return;
        };
        let peer = self.peer.clone();
        let params = CancelledNotificationParam::new(Some(id), Some(ABANDONED.to_owned()));
        runtime.spawn(async move {
            // A server that is gone has nothing to cancel.
            let _ = peer
                .send_notification(CancelledNotification::new(params).into())
                .await;
        });
    }
}

/// The answer to `tools/call`, as rmcp reads it.
pub(super) fn call_tool_response(answer: ServerResult) -> Result<CallToolResponse, ServiceError> {
    match answer {
        ServerResult::CallToolResult(result) => Ok(CallToolResponse::Complete(result)),
        ServerResult::InputRequiredResult(result) => Ok(CallToolResponse::InputRequired(result)),
        ServerResult::CreateTaskResult(result) => Ok(CallToolResponse::Task(result)),
        other => contentless(other)
            .map(CallToolResponse::Complete)
            .ok_or(ServiceError::UnexpectedResponse),
    }
}

/// A result without `content`, which rmcp decodes as something else.
fn contentless(answer: ServerResult) -> Option<CallToolResult> {
    let mut result = CallToolResult::default();
    match answer {
        ServerResult::EmptyResult(_) => {}
        ServerResult::TaskAckResult(ack) => result.meta = ack.meta,
        ServerResult::CustomResult(custom) => {
            let serde_json::Value::Object(members) = custom.0 else {
                return None;
            };
            let mut members = members.into_iter();
            let (Some((key, serde_json::Value::Object(meta))), None) =
                (members.next(), members.next())
            else {
                return None;
            };
            if key != "_meta" {
                return None;
            }
            result.meta = Some(MetaObject(meta));
        }
        _ => return None,
    }
    Some(result)
}
