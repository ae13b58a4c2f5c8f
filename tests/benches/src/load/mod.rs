//! Load over Streamable HTTP: connections that are kept, each with one request after another.

mod connection;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

pub use self::connection::{Connection, header, message};
use crate::request::{Call, SESSIONS, STATELESS};

/// An HTTP request, whole.
#[must_use]
pub fn http_request(path: &str, headers: &[(&str, &str)], body: &Value) -> Arc<[u8]> {
    let body = body.to_string();
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    Arc::from(format!("{head}\r\n{body}").into_bytes())
}

/// A call as the protocol without sessions wants it.
#[must_use]
pub fn stateless(call: Call) -> Arc<[u8]> {
    let headers = [
        ("mcp-protocol-version", STATELESS),
        ("mcp-method", "tools/call"),
        ("mcp-name", call.tool()),
    ];
    http_request("/mcp", &headers, &call.message(1))
}

/// A call in a session of its own, of a server that has sessions, under the name that its tool has there.
pub async fn in_session(address: SocketAddr, call: Call, tool: &str) -> Arc<[u8]> {
    let info = json!({"name": "bench", "version": "1"});
    let params = json!({"protocolVersion": SESSIONS, "capabilities": {}, "clientInfo": info});
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    let initialize = http_request("/mcp", &[], &initialize);
    let mut connection = Connection::open(address).await;
    let answer = connection.exchange(&initialize).await;
    let session = header(answer, "mcp-session-id").unwrap().to_owned();
    let headers = [
        ("mcp-protocol-version", SESSIONS),
        ("mcp-session-id", &session),
    ];
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let initialized = http_request("/mcp", &headers, &initialized);
    connection.exchange(&initialized).await;
    let mut message = call.message(1);
    message["params"]["name"] = tool.into();
    http_request("/mcp", &headers, &message)
}

/// The answer to one request on a connection of its own.
pub async fn ask(address: SocketAddr, request: &[u8]) -> Value {
    let mut connection = Connection::open(address).await;
    let answer = connection.exchange(request).await;
    serde_json::from_slice(message(answer)).unwrap()
}

/// What a load has come to.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// Calls that were answered.
    pub calls: usize,
    /// From the first request to the last answer.
    pub took: Duration,
    /// Bytes of an answer, head and all.
    pub answer_bytes: usize,
}

/// Makes `calls` calls over so many connections, which take turns with the requests.
pub async fn run(
    address: SocketAddr,
    requests: &[Arc<[u8]>],
    connections: usize,
    calls: usize,
) -> Done {
    let ready = Arc::new(Barrier::new(connections + 1));
    let mut workers = JoinSet::new();
    for number in 0..connections {
        let request = Arc::clone(&requests[number % requests.len()]);
        let ready = Arc::clone(&ready);
        let share = calls / connections + usize::from(number < calls % connections);
        workers.spawn(async move {
            let mut connection = Connection::open(address).await;
            ready.wait().await;
            let mut longest = 0;
            for _ in 0..share {
                longest = connection.exchange(&request).await.len().max(longest);
            }
            longest
        });
    }
    ready.wait().await;
    let began = Instant::now();
    let answer_bytes = workers.join_all().await.into_iter().max().unwrap_or(0);
    Done {
        calls,
        took: began.elapsed(),
        answer_bytes,
    }
}
