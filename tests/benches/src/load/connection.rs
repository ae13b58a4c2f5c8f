//! One connection that is kept: as little HTTP/1.1 as it takes, so that the load costs little.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const HEAD_END: &[u8] = b"\r\n\r\n";
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Opens a connection.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            received: Vec::with_capacity(1 << 16),
        }
    }

    /// Sends a request and waits for the whole answer, which has to be a success. It is head and body, as they came.
    pub async fn exchange(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.unwrap();
        self.received.clear();
        let head = loop {
            self.read().await;
            if let Some(end) = find(&self.received, HEAD_END) {
                break end + HEAD_END.len();
            }
        };
        assert!(
            self.received.starts_with(b"HTTP/1.1 20"),
            "{}",
            String::from_utf8_lossy(&self.received)
        );
        match content_length(&self.received[..head]) {
            Some(length) => {
                while self.received.len() < head + length {
                    self.read().await;
                }
            }
            None => {
                while !self.received.ends_with(LAST_CHUNK) {
                    self.read().await;
                }
            }
        }
        &self.received
    }

    async fn read(&mut self) {
        let count = self.stream.read_buf(&mut self.received).await.unwrap();
        assert!(count > 0, "the server has hung up");
    }
}

/// The message in an answer: its body, or what is in its only event.
#[must_use]
pub fn message(answer: &[u8]) -> &[u8] {
    let start = find(answer, b"{").unwrap();
    let end = answer.iter().rposition(|byte| *byte == b'}').unwrap();
    &answer[start..=end]
}

/// A header of an answer.
#[must_use]
pub fn header<'a>(answer: &'a [u8], name: &str) -> Option<&'a str> {
    let head = std::str::from_utf8(&answer[..find(answer, HEAD_END)?]).unwrap();
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn content_length(head: &[u8]) -> Option<usize> {
    header(head, "content-length").map(|length| length.parse().unwrap())
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
