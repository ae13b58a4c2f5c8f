//! Servers with the same tools, which differ in what they tell of a call.

mod bare;
mod collector;
pub mod encode;
mod exporter;
mod glassbox;
mod obvious;
mod sdk;
pub mod traced;
pub mod work;

use std::sync::Arc;

use ::glassbox::stdio::LineTransport;
use axum::Router;
use axum::serve::ListenerExt as _;
use clap::ValueEnum;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, ServiceExt as _};
use tokio::io::DuplexStream;
use tokio::net::TcpListener;

use self::bare::Bare;
pub use self::exporter::Discard;
use self::obvious::Obvious;

/// A way to serve the tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// rmcp's own macros, no telemetry
    Bare,
    /// Glassbox
    Glassbox,
    /// Glassbox, with an exporter of the server's own
    GlassboxExporting,
    /// Spans of the SDK, returned with opentelemetry-proto and serde_json
    Obvious,
    /// The same with spans of tracing and tracing-opentelemetry
    Tracing,
    /// Spans of the SDK, exported, never returned
    Sdk,
}

impl Peer {
    /// What it is called in tables.
    #[must_use]
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Serves over Streamable HTTP until the process ends.
    pub async fn serve_http(self, listener: TcpListener) {
        match self {
            Self::Bare => serve_http(Bare, listener).await,
            Self::Obvious => serve_http(Obvious::with_sdk(), listener).await,
            Self::Tracing => serve_http(Obvious::with_tracing(), listener).await,
            Self::Sdk => serve_http(Obvious::exporting(), listener).await,
            Self::Glassbox | Self::GlassboxExporting => {
                let server = glassbox::server(self == Self::GlassboxExporting).unwrap();
                let bound = server.on_listener(listener).unwrap();
                bound.serve_until(std::future::pending()).await.unwrap();
            }
        }
    }

    /// Serves one client on a pipe until it hangs up.
    pub async fn serve_pipe(self, stream: DuplexStream) {
        match self {
            Self::Bare => serve_pipe(Bare, stream).await,
            Self::Obvious => serve_pipe(Obvious::with_sdk(), stream).await,
            Self::Tracing => serve_pipe(Obvious::with_tracing(), stream).await,
            Self::Sdk => serve_pipe(Obvious::exporting(), stream).await,
            Self::Glassbox | Self::GlassboxExporting => {
                let server = glassbox::server(self == Self::GlassboxExporting).unwrap();
                let (read, write) = tokio::io::split(stream);
                let transport = LineTransport::new(read, write);
                let serving = server.handler().serve(transport).await.unwrap();
                serving.waiting().await.unwrap();
            }
        }
    }
}

/// Serves as Glassbox does: JSON answers, no delay.
async fn serve_http(handler: impl ServerHandler + Clone, listener: TcpListener) {
    let sessions = Arc::new(LocalSessionManager::default());
    let config = StreamableHttpServerConfig::default()
        .with_json_response(true)
        .enforce_origin_validation();
    let service = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    let router = Router::new().route_service("/mcp", service);
    axum::serve(listener, router).await.unwrap();
}

async fn serve_pipe(handler: impl ServerHandler, stream: DuplexStream) {
    let (read, write) = tokio::io::split(stream);
    let transport = AsyncRwTransport::new_server(read, write);
    let serving = handler.serve(transport).await.unwrap();
    serving.waiting().await.unwrap();
}
