//! The server under test, with Glassbox or without, where clients can reach it.

use std::sync::Arc;

use axum::Router;
use glassbox::{Advertising, Server};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, ServiceExt as _};
use tokio::io::DuplexStream;
use tokio::net::TcpListener;

use crate::bare::Bare;
use crate::calls::Calls;
use crate::cli::Transport;
use crate::lane::Failure;
use crate::tools;

/// A server that is up until the process ends. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    served: Served,
    url: Option<String>,
}

#[derive(Debug, Clone)]
enum Served {
    Glassbox(Box<Server>),
    Bare(Bare),
}

impl Host {
    /// Starts the server.
    pub(crate) async fn start(
        calls: Calls,
        transport: Transport,
        is_bare: bool,
    ) -> Result<Self, Failure> {
        let served = if is_bare {
            Served::Bare(Bare(calls))
        } else {
            Served::Glassbox(Box::new(tools::server(calls)?))
        };
        let url = match transport {
            Transport::Duplex => None,
            Transport::Http | Transport::Sessions => Some(listen(served.clone()).await?),
        };
        Ok(Self { served, url })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> Result<&str, Failure> {
        Ok(self.url.as_deref().ok_or("the server does not listen")?)
    }

    /// Serves one client, until it hangs up.
    pub(crate) fn serve_pipe(&self, stream: DuplexStream) {
        match &self.served {
            Served::Glassbox(server) => serve_pipe(server.handler(), stream),
            Served::Bare(bare) => serve_pipe(bare.clone(), stream),
        }
    }

    /// Spans that are being recorded.
    pub(crate) fn open_spans(&self) -> usize {
        match &self.served {
            Served::Glassbox(server) => server.open_spans(),
            Served::Bare(_) => 0,
        }
    }
}

fn serve_pipe(handler: impl ServerHandler, stream: DuplexStream) {
    let (read, write) = tokio::io::split(stream);
    let transport = Advertising::new(AsyncRwTransport::new_server(read, write));
    tokio::spawn(async move {
        if let Ok(serving) = handler.serve(transport).await {
            // A client that leaves is no failure.
            let _ = serving.waiting().await;
        }
    });
}

async fn listen(served: Served) -> Result<String, Failure> {
    match served {
        Served::Glassbox(server) => {
            let bound = server.bind_http("127.0.0.1:0").await?;
            let url = bound.url();
            tokio::spawn(bound.serve_until(std::future::pending()));
            Ok(url)
        }
        Served::Bare(bare) => {
            let sessions = Arc::new(LocalSessionManager::default());
            let config = StreamableHttpServerConfig::default().with_json_response(true);
            let service = StreamableHttpService::new(move || Ok(bare.clone()), sessions, config);
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}/mcp", listener.local_addr()?);
            let router = Router::new().route_service("/mcp", service);
            tokio::spawn(async move { axum::serve(listener, router).await });
            Ok(url)
        }
    }
}
