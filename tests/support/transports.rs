//! Every way to reach the server of the tests.

use glassbox::Server;

use crate::server::server;
use crate::wire::{Client, Running};

/// A client and what it talks to.
#[derive(Debug)]
pub struct Connection {
    /// What to call it in a failure.
    pub name: &'static str,
    /// The client.
    pub client: Client,
    /// The server, where it runs in this process.
    pub running: Option<Running>,
}

/// The server of the tests, over both transports and in both lifecycles.
/// `stdio_program` is the path of the server's program.
pub async fn every_transport(stdio_program: &str) -> Vec<Connection> {
    let mut connections = over_http(server()).await;
    for (name, stateless) in [("stdio, stateless", true), ("stdio, session", false)] {
        let client = Client::stdio(stdio_program, stateless).await;
        connections.push(Connection {
            name,
            client,
            running: None,
        });
    }
    connections
}

/// A server over HTTP, in both lifecycles.
pub async fn over_http(server: Server) -> Vec<Connection> {
    let running = Running::start(server.clone()).await;
    let stateless = Client::stateless(&running.url);
    let other = Running::start(server).await;
    let session = Client::with_session(&other.url).await;
    vec![
        Connection {
            name: "HTTP, stateless",
            client: stateless,
            running: Some(running),
        },
        Connection {
            name: "HTTP, session",
            client: session,
            running: Some(other),
        },
    ]
}
