//! An MCP server that streams whatever it is told to, and never holds it.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

use crate::answerer::Framing;

/// Bytes that are put together before they are sent.
const CHUNK_BYTES: usize = 64 * 1024;

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Whole,
    /// The connection is closed where the text ends.
    Dropped,
    /// Nothing more is sent, and the connection stays.
    Never,
}

/// What stands after `"id":N,` in an answer, piece by piece.
pub struct Script {
    pieces: Box<dyn Iterator<Item = String> + Send>,
    ending: Ending,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script")
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

impl Script {
    /// These pieces, one after another.
    pub fn new<I>(pieces: I) -> Self
    where
        I: IntoIterator<Item = String>,
        I::IntoIter: Send + 'static,
    {
        Self {
            pieces: Box::new(pieces.into_iter()),
            ending: Ending::Whole,
        }
    }

    /// Ends so.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// A whole message with this id, in chunks of some size.
    fn message(self, id: &Value, before: &str, after: &str) -> Chunks {
        let head = format!("{before}{{\"jsonrpc\":\"2.0\",\"id\":{id},");
        let tail = match self.ending {
            Ending::Whole => format!("}}{after}"),
            Ending::Dropped | Ending::Never => String::new(),
        };
        let pieces = std::iter::once(head).chain(self.pieces);
        Chunks(Box::new(pieces.chain(std::iter::once(tail))))
    }
}

/// Pieces, joined until there are enough of them.
struct Chunks(Box<dyn Iterator<Item = String> + Send>);

impl Iterator for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut chunk = String::new();
        while chunk.len() < CHUNK_BYTES {
            let Some(piece) = self.0.next() else { break };
            chunk.push_str(&piece);
        }
        (!chunk.is_empty()).then(|| chunk.into())
    }
}

type Respond = Arc<dyn Fn(&Value) -> Script + Send + Sync>;

/// What a server says to a request: a script, or nothing to a notification.
fn answer(respond: &Respond, request: &Value) -> Option<(Value, Script)> {
    let id = request.get("id")?.clone();
    let script = match request["method"].as_str()? {
        "initialize" => {
            let result = json!({
                "protocolVersion": request["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "hostile", "version": "1"},
            });
            Script::new([format!("\"result\":{result}")])
        }
        "tools/call" => respond(request),
        _ => Script::new([r#""error":{"code":-32601,"message":"no such method"}"#.to_owned()]),
    };
    Some((id, script))
}

/// Serves over HTTP: the URL of the endpoint.
pub async fn http<F>(framing: Framing, respond: F) -> String
where
    F: Fn(&Value) -> Script + Send + Sync + 'static,
{
    let respond: Respond = Arc::new(respond);
    let handler = post(async move |body: String| {
        let request: Value = serde_json::from_str(&body).unwrap();
        match answer(&respond, &request) {
            Some((id, script)) => response(framing, &id, script),
            None => StatusCode::ACCEPTED.into_response(),
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = Router::new().route("/mcp", handler);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn response(framing: Framing, id: &Value, script: Script) -> Response {
    let ending = script.ending;
    let (kind, chunks) = match framing {
        Framing::Json => ("application/json", script.message(id, "", "")),
        Framing::Events => ("text/event-stream", script.message(id, "data: ", "\n\n")),
    };
    let chunks = stream::iter(chunks.map(Ok::<_, io::Error>));
    let body = match ending {
        Ending::Whole => Body::from_stream(chunks),
        Ending::Dropped => {
            let end = stream::once(async { Err(io::Error::other("dropped")) });
            Body::from_stream(chunks.chain(end))
        }
        Ending::Never => Body::from_stream(chunks.chain(stream::pending())),
    };
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

/// Serves on a pair of pipes: what a client reads from and writes to.
pub fn stdio<F>(respond: F) -> (DuplexStream, DuplexStream)
where
    F: Fn(&Value) -> Script + Send + Sync + 'static,
{
    let respond: Respond = Arc::new(respond);
    let (client_writer, server_reader) = tokio::io::duplex(CHUNK_BYTES);
    let (mut server_writer, client_reader) = tokio::io::duplex(CHUNK_BYTES);
    tokio::spawn(async move {
        let mut lines = BufReader::new(server_reader).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            let request = serde_json::from_str(&line).unwrap();
            let Some((id, script)) = answer(&respond, &request) else {
                continue;
            };
            let ending = script.ending;
            for chunk in script.message(&id, "", "\n") {
                // A client that has gone away reads nothing more.
                if server_writer.write_all(&chunk).await.is_err() {
                    return;
                }
            }
            if ending == Ending::Dropped {
                return;
            }
        }
    });
    (client_reader, client_writer)
}
