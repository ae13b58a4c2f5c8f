//! A server on its address.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::{ListenerExt as _, TapIo};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::builder::{Server, ServerBuilder};
use super::super::error::ServeError;
use super::super::shutdown::Signals;
use super::ENDPOINT_PATH;
use super::service::HttpService;

/// How long a shutdown waits for calls in flight.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// How long it waits after that for connections to close.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

impl ServerBuilder {
    /// Builds the server and serves it over Streamable HTTP. See
    /// [`Server::serve_http`].
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build) and [`Server::serve_http`].
    pub async fn serve_http(
        self,
        address: impl ToSocketAddrs + fmt::Display,
    ) -> Result<(), ServeError> {
        self.build()?.serve_http(address).await
    }
}

impl Server {
    /// Serves over Streamable HTTP at `http://{address}/mcp` until a signal
    /// (SIGINT, SIGTERM) comes.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound, or accepting connections fails.
    pub async fn serve_http(
        self,
        address: impl ToSocketAddrs + fmt::Display,
    ) -> Result<(), ServeError> {
        let signals = Signals::watch();
        self.bind_http(address)
            .await?
            .serve_until(signals.recv())
            .await
    }

    /// Binds the address; connections wait until the result is served.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub async fn bind_http(
        self,
        address: impl ToSocketAddrs + fmt::Display,
    ) -> Result<BoundServer, ServeError> {
        let shown = address.to_string();
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let local_addr = listener.local_addr()?;
            Ok((listener, local_addr))
        };
        match bound.await {
            Ok((listener, local_addr)) => {
                self.http.warn_if_unreachable(local_addr);
                Ok(BoundServer {
                    server: self,
                    listener,
                    local_addr,
                })
            }
            Err(source) => Err(ServeError::Bind {
                address: shown,
                source,
            }),
        }
    }
}

impl Server {
    /// Takes a socket that listens already: where the address has to be known
    /// before the server is built, or comes from a service manager.
    ///
    /// # Errors
    ///
    /// If the socket has no address.
    pub fn on_listener(self, listener: TcpListener) -> std::io::Result<BoundServer> {
        let local_addr = listener.local_addr()?;
        self.http.warn_if_unreachable(local_addr);
        Ok(BoundServer {
            server: self,
            listener,
            local_addr,
        })
    }
}

/// A server that has its address and is about to serve.
#[derive(Debug)]
pub struct BoundServer {
    server: Server,
    listener: TcpListener,
    local_addr: SocketAddr,
}

impl BoundServer {
    /// The address, with the port that the system chose if it was 0.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The URL of the MCP endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{ENDPOINT_PATH}", self.local_addr)
    }

    /// Serves until `shutdown` is ready: then no more connections are accepted,
    /// calls in flight have 10 seconds to finish, and streams are closed.
    ///
    /// # Errors
    ///
    /// If accepting connections fails.
    pub async fn serve_until(
        self,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let (stop_accepting, close_streams) = (CancellationToken::new(), CancellationToken::new());
        let in_flight = TaskTracker::new();
        let config = self.server.http.to_config(close_streams.clone());
        let handler = self.server.handler;
        let service = HttpService::new(handler.clone(), config, Some(in_flight.clone()));
        let router = Router::new();
        #[cfg(feature = "auth")]
        let router = match &self.server.auth {
            None => router.route_service(ENDPOINT_PATH, service),
            Some(auth) => router
                .route_service(ENDPOINT_PATH, auth.protect(service))
                .merge(auth.metadata_router()),
        };
        #[cfg(not(feature = "auth"))]
        let router = router.route_service(ENDPOINT_PATH, service);
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let accepting = stop_accepting.clone();
        let serving = axum::serve(without_delay(self.listener), router)
            .with_graceful_shutdown(accepting.cancelled_owned())
            .into_future();
        let shutting_down = async {
            shutdown.await;
            stop_accepting.cancel();
            in_flight.close();
            if tokio::time::timeout(SHUTDOWN_GRACE, in_flight.wait())
                .await
                .is_err()
            {
                tracing::warn!(
                    calls = in_flight.len(),
                    "calls in flight were cut off by the shutdown"
                );
            }
            close_streams.cancel();
            tokio::time::sleep(CLOSE_GRACE).await;
        };
        let served = tokio::select! {
            served = serving => Ok(served?),
            () = shutting_down => Ok(()),
        };
        handler.flush().await;
        served
    }
}

/// Sends what is written at once (`TCP_NODELAY`). An answer is written in more
/// than one piece, and the second would wait for the client to acknowledge the
/// first, which it may put off for 40 ms.
fn without_delay(listener: TcpListener) -> TapIo<TcpListener, fn(&mut TcpStream)> {
    listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "small answers may be delayed");
        }
    })
}

#[cfg(test)]
mod tests {
    use axum::serve::Listener as _;

    use super::*;

    #[tokio::test]
    async fn small_answers_are_sent_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (_client, (connection, _)) = {
            let mut listener = without_delay(listener);
            tokio::join!(client, async move { listener.accept().await })
        };
        assert!(connection.nodelay().unwrap());
    }
}
