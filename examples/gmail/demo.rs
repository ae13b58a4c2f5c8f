//! The demo: the same call three times, each with more to see.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use glassbox::render::printable;
use glassbox::{BuildError, PassbackRequest, ServeError};
use opentelemetry::Context;
use rmcp::model::{CallToolResult, JsonObject};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Url;

use crate::access::{self, Access};
use crate::agent::{BOLD, DIM, Shown, counted, error_text};
use crate::call::{CallError, McpClient, Observed};
use crate::client::{AccessToken, Gmail, GmailError};
use crate::identity::{StartError, USER_EMAIL};
use crate::model::scripted;
use crate::page::{Page, PageError};
use crate::screen::{Screen, waiting};
use crate::server::{self, Inbox};
use crate::simulator::{Simulator, SimulatorConfig};
use crate::telemetry::Telemetry;

/// What the demo asks.
pub const QUERY: &str = "List my 3 most recent emails";
/// The tool that answers it.
const TOOL: &str = "list_emails";

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The simulated Gmail did not start.
    #[error("the Gmail simulator does not start: {0}")]
    Simulator(std::io::Error),
    /// The client of the simulated Gmail could not be set up.
    #[error(transparent)]
    Gmail(#[from] GmailError),
    /// The server could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The server did not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The identity provider did not start.
    #[error(transparent)]
    Identity(#[from] StartError),
    /// There is no address for the server.
    #[error("the server does not start: {0}")]
    Listen(std::io::Error),
    /// The server's address is no URL.
    #[error("the server's address is no URL: {0}")]
    Address(#[from] url::ParseError),
    /// A call gave no result.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The tool answered with an error, which was shown.
    #[error("the tool answered with an error: {0}")]
    Tool(String),
    /// The page that was asked for is not there.
    #[error(transparent)]
    Page(#[from] PageError),
    /// Nobody reads what the demo writes.
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
}

/// Starts a Gmail, a server and an agent, and shows both acts; the last one also as a page, if one is wanted.
///
/// # Errors
///
/// [`DemoError`]; what there is to show has been written by then.
pub async fn run(
    config: SimulatorConfig,
    page: Option<&Page>,
    screen: Screen,
    out: &mut impl Write,
) -> Result<(), DemoError> {
    let token = AccessToken::new(config.access_token.as_str());
    let simulator = Simulator::start(config)
        .await
        .map_err(DemoError::Simulator)?;
    let gmail = Gmail::new(&simulator.url(), token)?;
    // The address comes first: tokens name it.
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(DemoError::Listen)?;
    let address = listener.local_addr().map_err(DemoError::Listen)?;
    let url = Url::parse(&format!("http://{address}/mcp"))?;
    // It stops when it is dropped.
    let (auth, _provider) = Access::embedded(url.as_str()).protection().await?;
    let server = server::builder(gmail).auth(auth).build()?;
    let bound = server.on_listener(listener).map_err(DemoError::Listen)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve_until(async {
        let _ = stopped.await;
    }));
    let shown = show(&url, page, screen, out).await;
    drop(stop);
    serving.abort();
    shown
}

async fn show(
    url: &Url,
    page: Option<&Page>,
    screen: Screen,
    out: &mut impl Write,
) -> Result<(), DemoError> {
    let arguments = scripted::arguments(QUERY);
    let telemetry = Telemetry::new();
    let client = McpClient::connect(url, Some(&access::unattended()), &telemetry, None).await?;
    let call = async |passback, what| {
        let own_trace = Context::new();
        let called = client.call(&own_trace, TOOL, arguments.clone(), passback);
        let mut observed = waiting(what, called).await;
        let failed = Err(CallError::Failed(String::new()));
        let result = std::mem::replace(&mut observed.result, failed)?;
        Ok::<_, CallError>((observed, result))
    };
    let examined = |observed: &Observed, passback| {
        let own_spans = telemetry.spans(observed.trace_id);
        Shown::new(own_spans, std::slice::from_ref(observed), passback)
    };

    out.write_all(opening(screen, &arguments).as_bytes())?;
    let (black_box, result) = call(PassbackRequest::Off, "act 1: calling list_emails").await?;
    let shown = examined(&black_box, PassbackRequest::Off).report(screen);
    out.write_all(act_1(&result, &shown, screen).as_bytes())?;

    let asked = r#"The same call, asking for spans: _meta.otel.traces = {"request": true}"#;
    let (top_level, _) = call(
        PassbackRequest::TopLevel,
        "act 2: the same call, asking for spans",
    )
    .await?;
    let shown = examined(&top_level, PassbackRequest::TopLevel).report(screen);
    out.write_all(act_2(asked, &shown, screen).as_bytes())?;
    let (detailed, result) = call(
        PassbackRequest::Detailed,
        "act 2: the same call, asking for all of them",
    )
    .await?;
    let asked = r#"Again, in detail: {"request": true, "detailed": true}"#;
    let shown = examined(&detailed, PassbackRequest::Detailed);
    out.write_all(act_2(asked, &shown.report(screen), screen).as_bytes())?;
    let page = page.map(|page| page.publish(detailed.trace_id, &shown, screen));
    let page_line = page.as_ref().and_then(|page| page.as_deref().ok());
    out.write_all(closing(page_line, screen).as_bytes())?;
    client.close().await;
    match error_text(&result) {
        Some(text) => Err(DemoError::Tool(text)),
        None => Ok(page.transpose().map(drop)?),
    }
}

fn opening(screen: Screen, arguments: &JsonObject) -> String {
    let arguments: Vec<_> = arguments
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    format!(
        "\n{} {}\n{}{}\n{}\n",
        screen.paint(BOLD, "Glassbox"),
        screen.paint(DIM, "· see inside an MCP tool call"),
        screen.line("", &format!("“{QUERY}” → {TOOL}({})", arguments.join(", "))),
        screen.sentence(
            DIM,
            "",
            &format!("Signed in as {USER_EMAIL} (OAuth 2.1, an identity provider of its own)")
        ),
        screen.heading("Act 1 · The black box"),
    )
}

fn act_1(result: &CallToolResult, report: &str, screen: Screen) -> String {
    let answer = answer(result, screen);
    format!(
        "{answer}\n{report}\n{}",
        screen.heading("Act 2 · The revelation")
    )
}

/// The same call again, and what one more word in the request shows.
fn act_2(asked: &str, report: &str, screen: Screen) -> String {
    format!("\n{}\n{report}", screen.sentence(Style::new(), "", asked))
}

/// The result in a sentence.
fn answer(result: &CallToolResult, screen: Screen) -> String {
    if let Some(text) = error_text(result) {
        let text = format!("✗ {}", printable(&text));
        return screen.sentence(AnsiColor::Red.on_default(), "", &text);
    }
    let content = result.structured_content.clone().unwrap_or_default();
    let emails = serde_json::from_value(content).map_or(Vec::new(), |inbox: Inbox| inbox.emails);
    let subjects: Vec<_> = emails
        .iter()
        .map(|email| format!("“{}”", printable(&email.subject)))
        .collect();
    let text = format!(
        "✓ {}: {}",
        counted(emails.len(), "email"),
        subjects.join(", ")
    );
    screen.sentence(Style::new(), "", &text)
}

fn closing(page_line: Option<&str>, screen: Screen) -> String {
    let text = "The server's spans came back inside its answer (SEP-2448): no shared collector, no access to the \
                server. What its author wrote: examples/gmail/server.rs";
    let command = "cargo run --example gmail -- --help";
    format!(
        "\n{}{}{}",
        screen.sentence(Style::new(), "", text),
        page_line.unwrap_or_default(),
        screen.sentence(DIM, "", &format!("More: {command}"))
    )
}
