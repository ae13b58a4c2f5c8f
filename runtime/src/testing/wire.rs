//! A client and its transport, as far as one request needs them. rmcp makes
//! the context of a request only while it serves, so it serves here, on a
//! channel.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::ready;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use futures_util::FutureExt as _;
use rmcp::model::{
    ClientNotification, ClientRequest, ErrorCode, JsonRpcMessage, ProtocolVersion, RequestId,
    ServerConfig, ServerNotification, ServerResult,
};
use rmcp::service::{
    NotificationContext, RequestContext, RxJsonRpcMessage, Service, TxJsonRpcMessage,
    serve_directly,
};
use rmcp::transport::Transport;
use rmcp::{ErrorData, RoleServer};
use tokio::sync::mpsc::{UnboundedReceiver, WeakUnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::answer::NoResult;

/// The only request of a connection.
const REQUEST_ID: i64 = 1;

/// What came back.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) result: Result<ServerResult, NoResult>,
    pub(super) notifications: Vec<ServerNotification>,
}

impl Received {
    pub(super) fn nothing(why: NoResult) -> Self {
        Self {
            result: Err(why),
            notifications: Vec::new(),
        }
    }
}

type Outcome = thread::Result<Result<ServerResult, ErrorData>>;

/// Sends one request and waits for its answer, and for the connection's end.
pub(super) async fn exchange(
    service: impl Service<RoleServer>,
    request: ClientRequest,
) -> Received {
    let (sender, inbound) = unbounded_channel();
    let (answer, answered) = oneshot::channel();
    let notifications = Arc::new(Mutex::new(Vec::new()));
    let wire = Wire {
        inbound,
        replies: sender.downgrade(),
        notifications: Arc::clone(&notifications),
    };
    let relay = Relay {
        service,
        answer: Mutex::new(Some(answer)),
    };
    let message = JsonRpcMessage::request(request, RequestId::Number(REQUEST_ID));
    // The receiver is in this function: it is there.
    let _ = sender.send(message);
    let running = serve_directly::<RoleServer, _, _, _, _>(relay, wire, None);
    let outcome = answered.await;
    drop(sender);
    let _ended = running.waiting().await;
    let result = match outcome {
        Ok(Ok(result)) => result.map_err(NoResult::Error),
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(NoResult::Unanswered),
    };
    let mut notifications = notifications.lock().unwrap_or_else(PoisonError::into_inner);
    Received {
        result,
        notifications: std::mem::take(&mut *notifications),
    }
}

/// Hands the answer over as it is, also a panic, for which rmcp has no answer.
struct Relay<S> {
    service: S,
    answer: Mutex<Option<oneshot::Sender<Outcome>>>,
}

impl<S: Service<RoleServer>> Service<RoleServer> for Relay<S> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let answer = self
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(mut answer) = answer {
            let work = AssertUnwindSafe(self.service.handle_request(request, context));
            let outcome = tokio::select! {
                biased;
                () = answer.closed() => None,
                outcome = work.catch_unwind() => Some(outcome),
            };
            if let Some(outcome) = outcome {
                // Whoever waited may be gone meanwhile.
                let _ = answer.send(outcome);
            }
        }
        Ok(ServerResult::empty(()))
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.service
            .handle_notification(notification, context)
            .await
    }

    fn get_info(&self) -> ServerConfig {
        self.service.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.service.supported_protocol_versions()
    }
}

/// The transport: requests in, notifications out. The client on it has no
/// capabilities, and says so when the server asks for something.
struct Wire {
    inbound: UnboundedReceiver<RxJsonRpcMessage<RoleServer>>,
    replies: WeakUnboundedSender<RxJsonRpcMessage<RoleServer>>,
    notifications: Arc<Mutex<Vec<ServerNotification>>>,
}

impl Transport<RoleServer> for Wire {
    type Error = Infallible;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        match message {
            JsonRpcMessage::Notification(message) => self
                .notifications
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(message.notification),
            JsonRpcMessage::Request(message) => {
                let refusal = ErrorData::new(
                    ErrorCode::METHOD_NOT_FOUND,
                    "the client of `glassbox::testing` answers no requests",
                    None,
                );
                if let Some(replies) = self.replies.upgrade() {
                    // On its way out, nobody waits for the reply.
                    let _ = replies.send(JsonRpcMessage::error(refusal, Some(message.id)));
                }
            }
            // The answer goes another way: see `Relay`.
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
        ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.inbound.recv().await
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
