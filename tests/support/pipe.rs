//! A server on the other end of a pipe, in this process.

use glassbox::stdio::LineTransport;
use glassbox::{Advertising, Instrumented};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{RoleServer, ServerHandler, ServiceExt as _};
use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use tokio::task::JoinHandle;

use crate::lost::unless_lost;

/// A client of a server on the other end of a pipe, which is stdio but for the
/// process.
#[derive(Debug)]
pub struct Pipe {
    write: WriteHalf<DuplexStream>,
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    serving: JoinHandle<()>,
}

impl Pipe {
    /// Serves on a pipe.
    pub fn serve<H: ServerHandler>(handler: Instrumented<H>) -> Self {
        Self::serve_handler(handler)
    }

    /// Serves any handler on a pipe, by a transport of rmcp's.
    pub fn serve_handler(handler: impl ServerHandler) -> Self {
        Self::over(handler, |far| {
            let (read, write) = tokio::io::split(far);
            Advertising::new(AsyncRwTransport::new_server(read, write))
        })
    }

    /// Serves any handler on a pipe, by the transport of stdio.
    pub fn over_lines(handler: impl ServerHandler) -> Self {
        Self::over(handler, |far| {
            let (read, write) = tokio::io::split(far);
            LineTransport::new(read, write)
        })
    }

    fn over<T: Transport<RoleServer> + 'static>(
        handler: impl ServerHandler,
        transport: impl FnOnce(DuplexStream) -> T,
    ) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let transport = transport(far);
        let serving = tokio::spawn(async move {
            drop(handler.serve(transport).await.unwrap().waiting().await);
        });
        let (read, write) = tokio::io::split(near);
        Self {
            write,
            lines: BufReader::new(read).lines(),
            serving,
        }
    }

    /// Sends a message and gives the next one that comes.
    pub async fn send(&mut self, message: Value) -> Value {
        self.post(message).await;
        self.next().await
    }

    /// Sends a message.
    pub async fn post(&mut self, message: Value) {
        self.write
            .write_all(format!("{message}\n").as_bytes())
            .await
            .unwrap();
    }

    /// The next message that comes.
    pub async fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_line().await).unwrap()
    }

    /// The next line that comes.
    pub async fn next_line(&mut self) -> String {
        unless_lost(self.lines.next_line()).await.unwrap().unwrap()
    }

    /// Goes away, and waits until the server has noticed.
    pub async fn disconnect(self) {
        drop((self.write, self.lines));
        self.serving.await.unwrap();
    }
}
