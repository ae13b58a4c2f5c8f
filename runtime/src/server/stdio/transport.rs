//! Messages as lines of JSON.

use std::collections::HashMap;
use std::fmt;
use std::io;

use bytes::Bytes;
use rmcp::RoleServer;
use rmcp::model::{
    ClientNotification, ClientRequest, GetExtensions as _, GetMeta as _, JsonRpcMessage, RequestId,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite};

use super::outbox::{self, Line, LineWriter, Outbox};
use crate::advertise::announce;
use crate::lane::Exit;
use crate::passback::PassbackRequest;

/// How many exits there may be before those are looked for that nobody will use.
const FEW_EXITS: usize = 64;

/// rmcp's transport of newline-delimited JSON, over any reader and writer, with
/// both advertisements; spans join the answers as text, which costs a fraction
/// of what it does as values.
///
/// This is what [`serve`](super::serve) uses on stdin and stdout. For pipes,
/// sockets and tests:
///
/// # Examples
///
/// ```
/// use glassbox::{Instrumented, stdio};
/// use rmcp::{ServerHandler, ServiceExt as _};
///
/// # async fn serve(handler: impl ServerHandler, read: tokio::io::Empty, write: tokio::io::Sink) {
/// let transport = stdio::LineTransport::new(read, write);
/// let running = Instrumented::new(handler).serve(transport).await;
/// # }
/// ```
pub struct LineTransport<R: AsyncRead, W: AsyncWrite + Send + Unpin + 'static> {
    /// Reads; and answers what it cannot read.
    reader: AsyncRwTransport<RoleServer, R, LineWriter<W>>,
    outbox: Outbox<W>,
    exits: Exits,
}

impl<R, W> fmt::Debug for LineTransport<R, W>
where
    R: AsyncRead,
    W: AsyncWrite + Send + Unpin + 'static,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LineTransport")
            .field("exits", &self.exits.by_request.len())
            .finish_non_exhaustive()
    }
}

impl<R, W> LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// Reads messages from `read` and writes them to `write`.
    pub fn new(read: R, write: W) -> Self {
        let outbox = Outbox::new(write);
        Self {
            reader: AsyncRwTransport::new_server(read, LineWriter::new(outbox.clone())),
            outbox,
            exits: Exits::default(),
        }
    }
}

impl<R, W> Transport<RoleServer> for LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        mut message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        if let JsonRpcMessage::Response(response) = &mut message {
            announce(&mut response.result);
        }
        let exit = match &message {
            JsonRpcMessage::Response(response) => self.exits.remove(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref().and_then(|id| self.exits.remove(id)),
            _ => None,
        };
        let outbox = self.outbox.clone();
        async move { outbox.send(line(message, exit)?).await }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let mut message = self.reader.receive().await?;
        match &mut message {
            JsonRpcMessage::Request(request) if asks(&request.request) => {
                let (lane, exit) = Exit::new();
                request.request.extensions_mut().insert(lane);
                self.exits.insert(request.id.clone(), exit);
            }
            JsonRpcMessage::Notification(notification) => {
                // Most of these requests are never answered.
                if let Some(id) = cancelled(&notification.notification) {
                    self.exits.remove(id);
                }
            }
            _ => {}
        }
        Some(message)
    }

    async fn close(&mut self) -> io::Result<()> {
        self.outbox.close().await;
        self.reader.close().await
    }
}

fn asks(request: &ClientRequest) -> bool {
    PassbackRequest::from_meta(request.get_meta()) != PassbackRequest::Off
}

/// The request that the notification cancels.
fn cancelled(notification: &ClientNotification) -> Option<&RequestId> {
    match notification {
        ClientNotification::CancelledNotification(cancelled) => {
            cancelled.params.request_id.as_ref()
        }
        _ => None,
    }
}

/// The message as a line, with the spans that wait for it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the message is not to be kept while its line waits"
)]
fn line(message: TxJsonRpcMessage<RoleServer>, exit: Option<Exit>) -> io::Result<Line> {
    let mut line = serde_json::to_vec(&message)?;
    let splice = exit.and_then(|exit| exit.join(&line));
    line.push(b'\n');
    let line = Bytes::from(line);
    Ok(match splice {
        Some(splice) => outbox::line(splice.into_pieces(&line)),
        None => outbox::whole(line),
    })
}

/// Where the spans of requests leave that have not been answered yet.
#[derive(Debug)]
struct Exits {
    by_request: HashMap<RequestId, Exit>,
    /// With so many it is time to look for those that nobody will use.
    many: usize,
}

impl Default for Exits {
    fn default() -> Self {
        Self {
            by_request: HashMap::new(),
            many: FEW_EXITS,
        }
    }
}

impl Exits {
    fn insert(&mut self, request: RequestId, exit: Exit) {
        if self.by_request.len() >= self.many {
            self.by_request.retain(|_, exit| !exit.is_deserted());
            self.many = FEW_EXITS.max(2 * self.by_request.len());
        }
        self.by_request.insert(request, exit);
    }

    fn remove(&mut self, request: &RequestId) -> Option<Exit> {
        self.by_request.remove(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_are_never_answered_leave_nothing() {
        let mut exits = Exits::default();
        let mut lanes = Vec::new();
        for number in 0..10_000 {
            let (lane, exit) = Exit::new();
            // One in ten is still being handled; the others have panicked.
            if number % 10 == 0 && lanes.len() < 100 {
                lanes.push(lane);
            }
            exits.insert(RequestId::Number(number), exit);
        }
        assert!(exits.by_request.len() <= 2 * lanes.len() + 1);
        assert!(lanes.iter().all(crate::lane::Lane::is_open));
    }
}
