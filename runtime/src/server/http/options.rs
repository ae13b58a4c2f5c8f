//! Whom an HTTP server listens to.

use std::net::SocketAddr;

use rmcp::transport::StreamableHttpServerConfig;
use tokio_util::sync::CancellationToken;

use super::super::builder::ServerBuilder;

/// Names of this machine, for itself.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Origins of pages that were loaded from this machine.
const LOCAL_ORIGINS: [&str; 6] = [
    "http://localhost:*",
    "http://127.0.0.1:*",
    "http://[::1]:*",
    "https://localhost:*",
    "https://127.0.0.1:*",
    "https://[::1]:*",
];

/// Which `Host` and `Origin` headers are accepted, against DNS rebinding (MCP,
/// Streamable HTTP, Security).
#[derive(Clone, Debug)]
pub struct HttpOptions {
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            allowed_hosts: LOCAL_HOSTS.map(str::to_owned).to_vec(),
            allowed_origins: LOCAL_ORIGINS.map(str::to_owned).to_vec(),
        }
    }
}

impl HttpOptions {
    /// Says so if the server can be reached from elsewhere, but refuses
    /// everybody who does not call it by a local name.
    pub(super) fn warn_if_unreachable(&self, address: SocketAddr) {
        if !address.ip().is_loopback() && self.allowed_hosts == LOCAL_HOSTS {
            tracing::warn!(
                %address,
                "only requests to localhost are accepted; name the server's hosts with `.allowed_hosts([..])`"
            );
        }
    }

    /// The configuration of rmcp's service that follows from these options.
    pub(super) fn to_config(&self, stop: CancellationToken) -> StreamableHttpServerConfig {
        StreamableHttpServerConfig::default()
            .with_allowed_hosts(self.allowed_hosts.clone())
            .with_allowed_origins(self.allowed_origins.clone())
            .enforce_origin_validation()
            .with_json_response(true)
            .with_cancellation_token(stop)
    }
}

impl ServerBuilder {
    /// Sets the `Host` headers that are accepted, as `host` or `host:port`: the
    /// names under which clients reach the server. Default: `localhost`,
    /// `127.0.0.1` and `::1`.
    pub fn allowed_hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.http.allowed_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the `Origin` headers that are accepted, as `scheme://host:port` or
    /// `scheme://host:*`. Requests without `Origin`, which is all that does not
    /// come from a web page, always pass. Default: pages of this machine.
    pub fn allowed_origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.http.allowed_origins = origins.into_iter().map(Into::into).collect();
        self
    }
}
