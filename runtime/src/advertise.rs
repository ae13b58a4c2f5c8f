//! The top-level capability of SEP-2448's March revision, for which rmcp's
//! types have no place.

use std::borrow::Cow;

use rmcp::RoleServer;
use rmcp::model::{CustomResult, JsonRpcMessage, ServerResult};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;

use crate::passback::advertise_march;

/// A transport that adds the top-level capability to the answers of
/// `initialize` and `server/discover` on their way out.
///
/// For transports of your own. `glassbox::http` and `glassbox::stdio` have it
/// built in; over a reader and a writer, `stdio::LineTransport` costs less.
///
/// # Examples
///
/// ```
/// use glassbox::{Advertising, Instrumented};
/// use rmcp::transport::async_rw::AsyncRwTransport;
/// use rmcp::{ServerHandler, ServiceExt as _};
///
/// # async fn serve(handler: impl ServerHandler, read: tokio::io::Empty, write: tokio::io::Sink) {
/// let transport = Advertising::new(AsyncRwTransport::new_server(read, write));
/// let running = Instrumented::new(handler).serve(transport).await;
/// # }
/// ```
#[derive(Debug)]
pub struct Advertising<T>(T);

impl<T> Advertising<T> {
    /// Wraps `transport`.
    pub const fn new(transport: T) -> Self {
        Self(transport)
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Advertising<T> {
    type Error = T::Error;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn send(
        &mut self,
        mut message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        if let JsonRpcMessage::Response(response) = &mut message {
            announce(&mut response.result);
        }
        self.0.send(message)
    }

    fn receive(&mut self) -> impl Future<Output = Option<RxJsonRpcMessage<RoleServer>>> + Send {
        self.0.receive()
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.0.close()
    }
}

/// Adds the top-level capability to a result that announces capabilities.
pub(crate) fn announce(result: &mut ServerResult) {
    let serialized = match result {
        ServerResult::InitializeResult(result) => serde_json::to_value(result),
        ServerResult::DiscoverResult(result) => serde_json::to_value(result),
        _ => return,
    };
    if let Ok(mut value) = serialized
        && advertise_march(&mut value)
    {
        *result = ServerResult::CustomResult(CustomResult(value));
    }
}
