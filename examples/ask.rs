//! A client of any MCP server: calls a tool, asks for spans, and shows the result, the tree and what it means.
//!
//! Over HTTP: `cargo run --example ask -- http://127.0.0.1:8000/mcp hello '{"name": "Ada"}'`. Over stdio, with the command
//! that starts the server in place of the URL: `cargo run --example ask -- "target/debug/examples/hello --stdio" hello`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a person"
)]

use std::error::Error;
use std::process::{ExitCode, Stdio};

use glassbox::PassbackRequest;
use glassbox::analysis::findings;
use glassbox::client::{Client, Lift};
use glassbox::render::{TextOptions, printable, text};
use rmcp::model::CallToolRequestParams;
use rmcp::service::{ClientInitializeError, RunningService};
use rmcp::{RoleClient, ServiceExt as _};
use tokio::process::{Child, Command};

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let asked = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [server, tool] => ask(server, tool, "{}").await,
        [server, tool, arguments] => ask(server, tool, arguments).await,
        _ => Err("usage: ask <url or command> <tool> [arguments as JSON]".into()),
    };
    match asked {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // What is wrong is at the bottom of errors of connections.
            let mut cause: &dyn Error = &*error;
            while let Some(source) = cause.source() {
                cause = source;
            }
            eprintln!("error: {}", printable(&cause.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn ask(server: &str, tool: &str, arguments: &str) -> Result<(), Failure> {
    // Telemetry is cut out of answers before rmcp decodes them, so nothing in it can cost the result.
    let lift = Lift::new();
    let (service, _child) = connect(server, &lift).await?;
    let client = Client::new(service.peer().clone())
        .with_lift(lift)
        .with_service_name("ask")
        .with_passback(PassbackRequest::Detailed);

    let arguments = serde_json::from_str(arguments)?;
    let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let outcome = client.call_tool(call).await;

    // The result is what it would have been; the spans, and what is to be said of them, are beside it.
    let result = outcome.result().ok().cloned();
    for content in result.iter().flat_map(|result| &result.content) {
        match content.as_text() {
            Some(content) => println!("{}", printable(&content.text)),
            None => println!("(content that is no text)"),
        }
    }
    let tree = outcome.tree();
    let findings = findings(&tree);
    print!("\n{}", text(&tree, &findings, &TextOptions::default()));
    for finding in &findings {
        println!("\n{finding}.");
    }
    println!("\n{}.", outcome.report());
    if !client.advertised().any() {
        println!("The server does not say that it returns spans.");
    }

    outcome.into_result()?;
    match result.and_then(|result| result.is_error) {
        Some(true) => Err("the tool failed".into()),
        _ => Ok(()),
    }
}

/// A connection; and the server's process, which ends when it is dropped.
async fn connect(
    server: &str,
    lift: &Lift,
) -> Result<(RunningService<RoleClient, ()>, Option<Child>), Failure> {
    if server.starts_with("http://") || server.starts_with("https://") {
        // reqwest comes without TLS of its own here.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let transport = lift.http(reqwest::Client::new(), server);
        let service = ().serve(transport).await.map_err(reason)?;
        return Ok((service, None));
    }
    let mut words = server.split_whitespace();
    let mut child = Command::new(words.next().unwrap_or_default())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot run {server}: {error}"))?;
    let (output, input) = child
        .stdout
        .take()
        .zip(child.stdin.take())
        .ok_or("no pipes")?;
    let transport = lift.stdio(output, input);
    let service = ().serve(transport).await.map_err(reason)?;
    Ok((service, Some(child)))
}

/// Why there is no connection, without the transport's name around it.
fn reason(error: ClientInitializeError) -> Failure {
    match error {
        ClientInitializeError::TransportError { error, .. } => error.error,
        error => error.into(),
    }
}
