//! A server in this process, on the other end of a pipe, and a client that costs nothing: it neither writes nor reads
//! JSON.

use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::runtime::{Builder, Runtime};

use crate::peers::Peer;
use crate::request::{Call, returned_spans};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const PIPE_BYTES: usize = 1 << 16;

/// A connection to a server that runs on the same thread.
#[derive(Debug)]
pub struct Pipe {
    runtime: Runtime,
    write: WriteHalf<DuplexStream>,
    read: BufReader<ReadHalf<DuplexStream>>,
    line: Vec<u8>,
}

impl Pipe {
    /// Starts a server.
    #[must_use]
    pub fn open(peer: Peer) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        runtime.spawn(peer.serve_pipe(far));
        let (read, write) = tokio::io::split(near);
        let mut pipe = Self {
            runtime,
            write,
            read: BufReader::new(read),
            line: Vec::new(),
        };
        pipe.exchange(format!("{INITIALIZE}\n").as_bytes());
        pipe.post(format!("{INITIALIZED}\n").as_bytes());
        pipe
    }

    /// Sends a line, and waits for the next one that comes.
    pub fn exchange(&mut self, line: &[u8]) -> &[u8] {
        self.post(line);
        self.next_line()
    }

    /// Sends a line.
    pub fn post(&mut self, line: &[u8]) {
        self.runtime.block_on(self.write.write_all(line)).unwrap();
    }

    /// The next line that comes.
    pub fn next_line(&mut self) -> &[u8] {
        self.line.clear();
        let reading = self.read.read_until(b'\n', &mut self.line);
        let count = self.runtime.block_on(reading).unwrap();
        assert!(count > 0, "the server has hung up");
        &self.line
    }

    /// Lets the server run until `ready`.
    pub fn run_until(&self, ready: impl Fn() -> bool) {
        self.runtime.block_on(async {
            while !ready() {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Lets the server run for so long.
    pub fn run_for(&self, time: Duration) {
        self.runtime
            .block_on(async { tokio::time::sleep(time).await });
    }

    /// Makes a call, and checks that the spans came that were asked for.
    pub fn check(&mut self, call: Call, expected_spans: usize) {
        let answer = self.exchange(&line(call, 1));
        let answer = serde_json::from_slice(answer).unwrap();
        assert_eq!(returned_spans(&answer), expected_spans, "{answer}");
    }
}

/// A call as a line.
#[must_use]
pub fn line(call: Call, id: u64) -> Vec<u8> {
    format!("{}\n", call.message(id)).into_bytes()
}
