//! stdio: one client, which started the server.
//!
//! [`LineTransport`] is the transport, also for other pipes.

mod outbox;
mod transport;

use std::io::{self, IsTerminal as _, Read as _};

use rmcp::service::ServerInitializeError;
use rmcp::{ServerHandler, ServiceExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

pub use transport::LineTransport;

use super::builder::{Server, ServerBuilder};
use super::error::ServeError;
use super::shutdown::Signals;
use crate::instrument::Instrumented;

/// Bytes of what is typed that may wait for the server.
const TERMINAL_BUFFER_BYTES: usize = 64 * 1024;

impl ServerBuilder {
    /// Builds the server and serves it over stdio. See [`Server::serve_stdio`].
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build) and [`Server::serve_stdio`].
    pub async fn serve_stdio(self) -> Result<(), ServeError> {
        self.build()?.serve_stdio().await
    }
}

impl Server {
    /// Serves over stdin and stdout until the client closes stdin or a signal
    /// (SIGINT, SIGTERM) comes. Nothing but protocol is written to stdout; keep
    /// your own output on stderr.
    ///
    /// # Errors
    ///
    /// If the client's first messages are not MCP, or a pipe breaks.
    pub async fn serve_stdio(self) -> Result<(), ServeError> {
        serve(self.handler).await
    }
}

/// Serves an instrumented handler over stdin and stdout, with both
/// advertisements, until stdin is closed or a signal comes.
///
/// # Errors
///
/// As [`Server::serve_stdio`].
pub async fn serve<H: ServerHandler>(handler: Instrumented<H>) -> Result<(), ServeError> {
    if io::stdin().is_terminal() {
        return run(handler, terminal_input(), tokio::io::stdout()).await;
    }
    let (read, write) = rmcp::transport::stdio_pipes();
    run(handler, read, write).await
}

async fn run<H: ServerHandler>(
    handler: Instrumented<H>,
    read: impl AsyncRead + Send + Unpin + 'static,
    write: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), ServeError> {
    let transport = LineTransport::new(read, write);
    let stop = CancellationToken::new();
    let signals = Signals::watch();
    let serving = async {
        let running = handler
            .clone()
            .serve_with_ct(transport, stop.clone())
            .await?;
        // A join error means the serving task panicked; there is no more to say.
        drop(running.waiting().await);
        Ok(())
    };
    let signalled = async {
        signals.recv().await;
        stop.cancel();
        std::future::pending().await
    };
    let ended = tokio::select! {
        ended = serving => ended,
        never = signalled => never,
    };
    handler.flush().await;
    match ended {
        // A client that leaves without a word, and a signal before the first
        // word, are ordinary ends.
        Ok(())
        | Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
            Ok(())
        }
        Err(error) => Err(ServeError::Initialize(describe(&error))),
    }
}

/// The error without the client's message, which may hold anything.
fn describe(error: &ServerInitializeError) -> String {
    match error {
        ServerInitializeError::ExpectedInitializeRequest(_) => {
            "the first message is neither `initialize` nor a request of protocol 2026-07-28"
                .to_owned()
        }
        ServerInitializeError::UnexpectedInitializeResponse(_) => {
            "`initialize` was answered wrongly".to_owned()
        }
        error => error.to_string(),
    }
}

/// stdin of a terminal, read on a thread of its own: a read that waits for
/// somebody to type must not keep the process from ending.
fn terminal_input() -> impl AsyncRead + Send + Unpin + 'static {
    let (input, output) = tokio::io::simplex(TERMINAL_BUFFER_BYTES);
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let mut output = output;
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = io::stdin().read(&mut buffer) {
            let bytes = buffer.get(..count).unwrap_or_default();
            let written = runtime.block_on(tokio::io::AsyncWriteExt::write_all(&mut output, bytes));
            if written.is_err() {
                break;
            }
        }
    });
    input
}
