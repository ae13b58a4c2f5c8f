//! A server of the matrix, from a description that another process can read.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt as _;
use glassbox::{
    Instrumented, PassbackGrant, PassbackLimits, Secrets, TelemetryMode, TelemetryOptions,
};
use rmcp::ServiceExt as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::case::{Method, Transport};
use super::own::own;
use super::plain::{Plain, wrapped};
use crate::wire::{Client, Running};

/// Who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Host {
    /// A [`glassbox::Server`].
    #[default]
    Own,
    /// An rmcp server in [`Instrumented`].
    Wrapped,
    /// The same rmcp server without it.
    Bare,
}

impl Host {
    /// What it can be asked for.
    #[must_use]
    pub const fn methods(self) -> &'static [Method] {
        match self {
            Self::Own => &[Method::Tool, Method::Resource],
            Self::Wrapped | Self::Bare => &[Method::Tool, Method::Resource, Method::Prompt],
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Own => "a server of ours",
            Self::Wrapped => "a wrapped rmcp server",
            Self::Bare => "a bare rmcp server",
        })
    }
}

/// What a server is told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// Who answers.
    pub host: Host,
    /// The server further up.
    pub upstream: String,
    /// A bound on spans.
    pub max_spans: Option<usize>,
    /// A bound on bytes.
    pub max_total_bytes: Option<usize>,
    /// Whether nobody gets spans.
    pub refuses: bool,
    /// Whether prompts are not observed.
    pub ignores_prompts: bool,
    /// Whether telemetry is off altogether.
    pub is_off: bool,
    /// A secret that is looked for.
    pub secret: Option<String>,
}

impl Setup {
    /// With another host.
    #[must_use]
    pub fn with_host(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    pub(super) fn limits(&self) -> PassbackLimits {
        let mut limits = PassbackLimits::default();
        limits.max_spans = self.max_spans.unwrap_or(limits.max_spans);
        limits.max_total_bytes = self.max_total_bytes.unwrap_or(limits.max_total_bytes);
        limits
    }

    pub(super) const fn grant(&self) -> PassbackGrant {
        if self.refuses {
            PassbackGrant::Refuse
        } else {
            PassbackGrant::Detailed
        }
    }

    pub(super) fn telemetry(&self) -> TelemetryOptions {
        let mode = if self.is_off {
            TelemetryMode::Off
        } else {
            TelemetryMode::On
        };
        TelemetryOptions::new().with_mode(mode)
    }

    pub(super) fn secrets(&self) -> Secrets {
        Secrets::new(self.secret.clone()).expect("a secret")
    }

    /// Serves over stdin and stdout.
    ///
    /// # Errors
    ///
    /// If a pipe breaks.
    pub async fn serve_stdio(&self) -> Result<(), Box<dyn std::error::Error>> {
        match self.host {
            Host::Own => own(self).serve_stdio().await?,
            Host::Wrapped => glassbox::stdio::serve(wrapped(self)).await?,
            Host::Bare => {
                let plain = Plain::new(self);
                plain
                    .serve(rmcp::transport::stdio())
                    .await?
                    .waiting()
                    .await?;
            }
        }
        Ok(())
    }
}

/// A server that runs, and a client of it.
#[derive(Debug)]
pub struct Serving {
    /// The client.
    pub client: Client,
    server: Option<HttpServer>,
}

#[derive(Debug)]
enum HttpServer {
    Own(Running),
    Routed {
        url: String,
        wrapped: Option<Instrumented<Plain>>,
        serving: JoinHandle<()>,
    },
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        if let Self::Routed { serving, .. } = self {
            serving.abort();
        }
    }
}

impl Serving {
    /// Starts the server: over HTTP in this process, over stdio as `program`.
    pub async fn start(program: &str, setup: &Setup, transport: Transport) -> Self {
        if transport.is_http {
            return Self::start_http(setup, transport.is_stateless).await;
        }
        let setup = serde_json::to_string(setup).expect("JSON");
        let client = Client::program(program, &[&setup], transport.is_stateless).await;
        Self {
            client,
            server: None,
        }
    }

    async fn start_http(setup: &Setup, is_stateless: bool) -> Self {
        let server = match setup.host {
            Host::Own => HttpServer::Own(Running::start(own(setup)).await),
            Host::Wrapped => {
                let wrapped = wrapped(setup);
                let config = StreamableHttpServerConfig::default();
                let service = glassbox::http::service(wrapped.clone(), config);
                let router = Router::new().route_service("/mcp", service);
                route(router, Some(wrapped)).await
            }
            Host::Bare => {
                let plain = Plain::new(setup);
                let sessions = Arc::new(LocalSessionManager::default());
                let config = StreamableHttpServerConfig::default();
                let service =
                    StreamableHttpService::new(move || Ok(plain.clone()), sessions, config);
                route(Router::new().route_service("/mcp", service), None).await
            }
        };
        let url = server.url();
        let client = if is_stateless {
            Client::stateless(url)
        } else {
            Client::with_session(url).await
        };
        Self {
            client,
            server: Some(server),
        }
    }

    /// URL of the endpoint, over HTTP.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.server.as_ref().map(HttpServer::url)
    }

    /// Spans that are being recorded, where the server runs in this process.
    #[must_use]
    pub fn open_spans(&self) -> usize {
        match &self.server {
            Some(HttpServer::Own(running)) => running.server.open_spans(),
            Some(HttpServer::Routed { wrapped, .. }) => {
                wrapped.as_ref().map_or(0, Instrumented::open_spans)
            }
            None => 0,
        }
    }
}

impl HttpServer {
    fn url(&self) -> &str {
        match self {
            Self::Own(running) => &running.url,
            Self::Routed { url, .. } => url,
        }
    }
}

async fn route(router: Router, wrapped: Option<Instrumented<Plain>>) -> HttpServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    // Events are small; a socket that waits for more holds each up for 40 ms.
    let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    HttpServer::Routed {
        url,
        wrapped,
        serving,
    }
}
