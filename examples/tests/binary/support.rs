//! The binary, and how tests run it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// Cargo builds examples before tests, but tells tests nothing of where they are.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/gmail")
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !binary.exists() {
        panic!(
            "{} is not built; run `cargo build -p glassbox-examples --example gmail`",
            binary.display()
        );
    }
    binary
}

pub(crate) fn gmail(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env("GMAIL_SIM_LATENCY", "0")
        .env("TMPDIR", env!("CARGO_TARGET_TMPDIR"))
        .env("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR"));
    for variable in [
        "GMAIL_ACCESS_TOKEN",
        "ARCADE_API_KEY",
        "GOOGLE_REFRESH_TOKEN",
        "GMAIL_ISSUER",
        "GMAIL_SIM_FAIL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_MODEL",
        "OPENAI_REASONING_EFFORT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "GALILEO_API_KEY",
        "COLUMNS",
        "RUST_LOG",
        "RUST_BACKTRACE",
    ] {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn run(arguments: &[&str]) -> Ended {
    Ended::from(gmail(arguments).output().unwrap())
}

pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// A failure: so the code, one line on standard error, and nothing else on it.
    pub(crate) fn assert_failed(&self, code: i32, error: &str) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert_eq!(self.stderr, format!("error: {error}\n"));
    }

    /// A usage error as clap words it.
    pub(crate) fn assert_usage(&self, error: &str) {
        assert_eq!(self.code, Some(2), "{}", self.stderr);
        assert!(self.stderr.contains(error), "{}", self.stderr);
        assert_eq!(self.stdout, "");
    }
}

/// A server on a free port, which ends with the test.
pub(crate) struct Serving {
    child: Child,
    pub(crate) banner: String,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start() -> Self {
        Self::with(&["--addr", "127.0.0.1:0", "--auth", "none"])
    }

    pub(crate) fn with(arguments: &[&str]) -> Self {
        Self::of(&mut gmail(&[&["serve"], arguments].concat()))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut banner = String::new();
        while !banner.contains("Ctrl-C") {
            banner = banner + &lines.next().unwrap().unwrap() + "\n";
        }
        let url = banner
            .split(' ')
            .find(|word| word.starts_with("http://"))
            .unwrap()
            .to_owned();
        Self { child, banner, url }
    }

    /// The status of an answer to a request for this host.
    pub(crate) fn status_for(&self, host: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address.split_once('/').unwrap().0).unwrap();
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let types = "content-type: application/json\r\naccept: application/json, text/event-stream";
        write!(
            stream,
            "POST /mcp HTTP/1.1\r\nhost: {host}\r\n{types}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status).unwrap();
        status.split(' ').nth(1).unwrap().to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
