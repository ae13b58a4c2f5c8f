//! One kind of calls over HTTP, and what comes of them.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::load::{self, Done};
use crate::peers::Peer;
use crate::process::{Process, pinned, target_directory};
use crate::request::{Call, returned_spans};
use crate::stats::Figures;

const PYTHON_SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/server.py");
/// What the Python server calls the tool.
const PYTHON_TOOL: &str = "Mail_ListEmails";

/// A server under load.
#[derive(Debug)]
pub struct Host {
    /// What it is called in tables.
    pub name: String,
    process: Process,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bare,
    Collecting,
    Python,
}

impl Host {
    /// Starts a peer with so many threads, on these processors.
    #[must_use]
    pub fn start(peer: Peer, threads: usize, processors: &str) -> Self {
        Self {
            name: peer.name(),
            process: Process::start(peer, threads, processors),
            kind: match peer {
                Peer::Bare => Kind::Bare,
                _ => Kind::Collecting,
            },
        }
    }

    /// Starts the Python reference, which has to be installed.
    #[must_use]
    pub fn python(processors: &str) -> Self {
        let interpreter = target_directory().join("bench-python/bin/python");
        assert!(
            interpreter.exists(),
            "there is no {}; run tests/benches/python/install",
            interpreter.display()
        );
        let mut command = pinned(processors, &interpreter);
        command.arg(PYTHON_SERVER);
        Self {
            name: "python".to_owned(),
            process: Process::spawn(command),
            kind: Kind::Python,
        }
    }
}

/// A kind of calls of one server.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The server.
    pub host: &'a Host,
    /// The call.
    pub call: Call,
    /// Time of processors that a call takes the server, in microseconds.
    pub cpu_us: Figures,
    /// Calls that are answered in a second.
    pub calls_per_second: Figures,
    /// Bytes of an answer, head and all.
    pub answer_bytes: usize,
    connections: usize,
    requests: Vec<Arc<[u8]>>,
}

impl<'a> Subject<'a> {
    /// Makes the call once, and checks that the spans come that are asked for.
    #[must_use]
    pub fn new(runtime: &Runtime, host: &'a Host, call: Call, connections: usize) -> Self {
        let address = host.process.address();
        let requests: Vec<_> = match host.kind {
            Kind::Bare | Kind::Collecting => vec![load::stateless(call)],
            Kind::Python => (0..connections)
                .map(|_| runtime.block_on(load::in_session(address, call, PYTHON_TOOL)))
                .collect(),
        };
        let answer = runtime.block_on(load::ask(address, &requests[0]));
        let expected = match host.kind {
            Kind::Bare => 0,
            Kind::Collecting | Kind::Python => call.ask.expected(call.spans),
        };
        let spans = returned_spans(&answer);
        assert_eq!(spans, expected, "{}: {answer}", host.name);
        Self {
            host,
            call,
            cpu_us: Figures::default(),
            calls_per_second: Figures::default(),
            answer_bytes: 0,
            connections,
            requests,
        }
    }

    /// Makes so many calls, and notes what they cost.
    pub fn measure(&mut self, runtime: &Runtime, calls: usize) {
        let requests = self.requests.clone();
        let connections = self.connections;
        self.measure_by(|address| {
            runtime.block_on(load::run(address, &requests, connections, calls))
        });
    }

    /// Lets `load` make its calls to the server's address, and notes what they cost.
    pub fn measure_by(&mut self, load: impl FnOnce(SocketAddr) -> Done) {
        let process = &self.host.process;
        let before = process.cpu();
        let done = load(process.address());
        let cpu = process.cpu() - before;
        let calls = done.calls as f64;
        self.cpu_us.0.push(cpu.as_secs_f64() * 1e6 / calls);
        self.calls_per_second
            .0
            .push(calls / done.took.as_secs_f64());
        self.answer_bytes = done.answer_bytes;
    }

    /// Makes some calls that do not count.
    pub fn warm_up(&mut self, runtime: &Runtime, calls: usize) {
        self.measure(runtime, calls);
        self.cpu_us.0.clear();
        self.calls_per_second.0.clear();
    }
}
