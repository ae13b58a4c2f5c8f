//! The demo: the same call three times, each with more to see.

use std::io::Write;

use anstyle::Style;
use glassbox::{BuildError, ServeError};
use rmcp::model::JsonObject;
use tokio::sync::oneshot;
use url::Url;

use crate::agent::{self, BOLD, DIM, TOOL};
use crate::call::{CallError, McpClient, Observed, Passback};
use crate::client::{AccessToken, Gmail, GmailError};
use crate::screen::{Screen, waiting};
use crate::server;
use crate::simulator::{Simulator, SimulatorConfig};

/// What the demo asks.
pub const QUERY: &str = "List my 3 most recent emails";

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
    /// The server's address is no URL.
    #[error("the server's address is no URL: {0}")]
    Address(#[from] url::ParseError),
    /// A call gave no result.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The tool answered with an error, which was shown.
    #[error("the tool answered with an error: {0}")]
    Tool(String),
    /// Nobody reads what the demo writes.
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
}

/// Starts a Gmail, a server and an agent, and shows both acts.
///
/// # Errors
///
/// [`DemoError`]; what there is to show has been written by then.
pub async fn run(
    config: SimulatorConfig,
    screen: Screen,
    out: &mut impl Write,
) -> Result<(), DemoError> {
    let token = AccessToken::new(config.access_token.as_str());
    let simulator = Simulator::start(config)
        .await
        .map_err(DemoError::Simulator)?;
    let gmail = Gmail::new(&simulator.url(), token)?;
    let bound = server::server(gmail)?.bind_http("127.0.0.1:0").await?;
    let url = Url::parse(&bound.url())?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve_until(async {
        let _ = stopped.await;
    }));
    let shown = show(&url, screen, out).await;
    drop(stop);
    serving.abort();
    shown
}

async fn show(url: &Url, screen: Screen, out: &mut impl Write) -> Result<(), DemoError> {
    let arguments = agent::arguments(QUERY);
    let client = McpClient::connect(url).await?;
    let call =
        async |passback, what| waiting(what, client.call(TOOL, arguments.clone(), passback)).await;

    out.write_all(opening(screen, &arguments).as_bytes())?;
    let black_box = call(Passback::Off, "act 1: calling list_emails").await?;
    out.write_all(act_1(&black_box, screen).as_bytes())?;

    let top_level = call(Passback::TopLevel, "act 2: the same call, asking for spans").await?;
    out.write_all(act_2(&top_level, Passback::TopLevel, screen).as_bytes())?;
    let detailed = call(
        Passback::Detailed,
        "act 2: the same call, asking for all of them",
    )
    .await?;
    out.write_all(act_2(&detailed, Passback::Detailed, screen).as_bytes())?;
    out.write_all(closing(screen).as_bytes())?;
    client.close().await;
    match agent::error_text(&detailed.result) {
        Some(text) => Err(DemoError::Tool(text)),
        None => Ok(()),
    }
}

fn opening(screen: Screen, arguments: &JsonObject) -> String {
    let arguments: Vec<_> = arguments
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    format!(
        "\n{} {}\n{}\n{}\n",
        screen.paint(BOLD, "Glassbox"),
        screen.paint(DIM, "· see inside an MCP tool call"),
        screen.line("", &format!("“{QUERY}” → {TOOL}({})", arguments.join(", "))),
        screen.heading("Act 1 · The black box"),
    )
}

fn act_1(observed: &Observed, screen: Screen) -> String {
    let report = agent::report(observed, Passback::Off, screen);
    let answer = agent::summary(&observed.result, screen);
    format!(
        "{answer}\n{report}\n{}",
        screen.heading("Act 2 · The revelation")
    )
}

/// The same call again, and what one more word in the request shows.
fn act_2(observed: &Observed, passback: Passback, screen: Screen) -> String {
    let asked = match passback {
        Passback::Detailed => r#"Again, in detail: {"request": true, "detailed": true}"#,
        _ => r#"The same call, asking for spans: _meta.otel.traces = {"request": true}"#,
    };
    format!(
        "\n{}\n{}",
        screen.sentence(Style::new(), "", asked),
        agent::report(observed, passback, screen)
    )
}

fn closing(screen: Screen) -> String {
    let text = "The server's spans came back inside its answer (SEP-2448): no shared collector, no access to the \
                server. What its author wrote: examples/gmail/server.rs";
    let command = "cargo run --example gmail -- --help";
    format!(
        "\n{}{}",
        screen.sentence(Style::new(), "", text),
        screen.sentence(DIM, "", &format!("More: {command}"))
    )
}
