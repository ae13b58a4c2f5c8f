//! rmcp clients over lifting transports, in every lifecycle.

use std::process::Stdio;

use glassbox::client::{Client, Endpoint, Lift};
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientLifecycleMode, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientServiceExt as _, RoleClient};
use tokio::io::DuplexStream;
use tokio::process::{Child, Command};

/// A connected client.
#[derive(Debug)]
pub struct Connected {
    /// What to call it in a failure.
    pub name: &'static str,
    /// The client.
    pub client: Client,
    /// The connection; ends when dropped.
    pub service: RunningService<RoleClient, ()>,
    /// The lift below it.
    pub lift: Lift,
    /// The server's process, over stdio.
    pub child: Option<Child>,
}

/// The lifecycles there are.
fn lifecycles() -> [(bool, ClientLifecycleMode); 2] {
    let stateless = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    [(true, stateless), (false, ClientLifecycleMode::Initialize)]
}

/// Connects over HTTP, with a lift, in the older lifecycle.
pub async fn over_http(url: &str) -> Connected {
    http(url, "HTTP, session", ClientLifecycleMode::Initialize).await
}

/// Connects over HTTP with rmcp's own transport: nothing is lifted.
pub async fn without_lift(url: &str) -> RunningService<RoleClient, ()> {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(crate::http::client(), config);
    ().serve_with_lifecycle(transport, ClientLifecycleMode::Initialize)
        .await
        .unwrap()
}

/// Connects to a server on a pair of pipes, with a lift, in the older lifecycle.
pub async fn over_pipes(reader: DuplexStream, writer: DuplexStream) -> Connected {
    let lift = Lift::new();
    let transport = lift.stdio(reader, writer);
    let lifecycle = ClientLifecycleMode::Initialize;
    let service = ().serve_with_lifecycle(transport, lifecycle).await.unwrap();
    connected("pipes, session", service, lift, Endpoint::Pipe, None)
}

async fn http(url: &str, name: &'static str, lifecycle: ClientLifecycleMode) -> Connected {
    let lift = Lift::new();
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let http = lift.http_client(crate::http::client());
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let service = ().serve_with_lifecycle(transport, lifecycle).await.unwrap();
    let endpoint = Endpoint::of_url(url).unwrap();
    connected(name, service, lift, endpoint, None)
}

async fn stdio(program: &str, name: &'static str, lifecycle: ClientLifecycleMode) -> Connected {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lift = Lift::new();
    let transport = lift.stdio(child.stdout.take().unwrap(), child.stdin.take().unwrap());
    let service = ().serve_with_lifecycle(transport, lifecycle).await.unwrap();
    connected(name, service, lift, Endpoint::Pipe, Some(child))
}

fn connected(
    name: &'static str,
    service: RunningService<RoleClient, ()>,
    lift: Lift,
    endpoint: Endpoint,
    child: Option<Child>,
) -> Connected {
    let client = Client::new(service.peer().clone())
        .with_lift(lift.clone())
        .with_endpoint(endpoint)
        .with_service_name("caller");
    Connected {
        name,
        client,
        service,
        lift,
        child,
    }
}

/// A client on every transport and in every lifecycle, of a server at `url` and a program that speaks stdio.
pub async fn every_client(url: &str, program: &str) -> Vec<Connected> {
    let mut clients = Vec::new();
    for (stateless, lifecycle) in lifecycles() {
        let (over_http, over_stdio) = if stateless {
            ("HTTP, stateless", "stdio, stateless")
        } else {
            ("HTTP, session", "stdio, session")
        };
        clients.push(http(url, over_http, lifecycle.clone()).await);
        clients.push(stdio(program, over_stdio, lifecycle).await);
    }
    clients
}
