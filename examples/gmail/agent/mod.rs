//! The agent: a question in, an answer out, and below it the tree of everything that was done for it.
//!
//! It is a ReAct loop: the model reads the question and the tools that the server lists, asks for calls, reads their
//! results, and answers. Whatever the model writes is checked before it is sent anywhere.
//!
//! ```text
//! toolbox   the server's tools, as functions of the model, and the check of their arguments
//! react     the loop                            report      what is shown
//! error     why there is no answer              collector   where the spans go
//! ```

mod collector;
mod error;
mod react;
mod report;
mod toolbox;

use std::io::Write;

use anstyle::{AnsiColor, Style};
use url::Url;

use self::react::Agent;
use self::toolbox::Toolbox;
use crate::call::{McpClient, Passback};
use crate::model::{Model, ModelOptions};
use crate::screen::{Screen, waiting};
use crate::telemetry::Telemetry;

pub use self::error::AgentError;
pub(crate) use self::react::error_text;
pub(crate) use self::report::{Shown, counted};

/// What the agent is asked if nobody asks it anything.
pub const DEFAULT_QUERY: &str = "List my 5 most recent emails";

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const FINDING: Style = AnsiColor::Yellow.on_default().bold();

/// What to ask, whom, and how much to see of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AgentOptions {
    /// The question.
    pub query: String,
    /// The MCP endpoint.
    pub server_url: Url,
    /// How much to ask for.
    pub passback: Passback,
    /// The model that answers.
    pub model: ModelOptions,
    /// An OTLP/HTTP receiver for the spans.
    pub collector: Option<Url>,
}

impl AgentOptions {
    /// Asks the scripted model `query`, with the tools at `server_url`, for the top level of spans, and forwards them
    /// nowhere.
    #[must_use]
    pub fn new(query: impl Into<String>, server_url: Url) -> Self {
        Self {
            query: query.into(),
            server_url,
            passback: Passback::TopLevel,
            model: ModelOptions::Scripted,
            collector: None,
        }
    }
}

/// Asks, and writes the answer, the tree, what it shows, counters and links.
///
/// # Errors
///
/// [`AgentError`]; what there is to show has been written by then. A tool that failed is an error unless a later call
/// went well.
pub async fn run(
    options: &AgentOptions,
    screen: Screen,
    out: &mut impl Write,
) -> Result<(), AgentError> {
    let telemetry = Telemetry::new();
    let run = waiting("the agent is at work", async {
        let client = McpClient::connect(&options.server_url, &telemetry).await?;
        let model = Model::new(&options.model, &telemetry).await?;
        let agent = Agent {
            model: &model,
            toolbox: &Toolbox::new(client.tools().await?),
            client: &client,
            telemetry: &telemetry,
            passback: options.passback,
        };
        let run = agent.ask(&options.query).await;
        client.close().await;
        Ok::<_, AgentError>(run)
    })
    .await?;

    let own_spans = telemetry.otlp(run.trace_id);
    out.write_all(report::of_run(&run, &own_spans, options.passback, screen).as_bytes())?;
    let forwarded = match &options.collector {
        Some(collector) => collector::forward(collector, &run, &own_spans)
            .await
            .map(Some),
        None => Ok(None),
    };
    if let Ok(Some(forwarded)) = &forwarded {
        out.write_all(report::links(forwarded, screen).as_bytes())?;
    }
    run.answer?;
    forwarded?;
    run.failure.map_or(Ok(()), Err)
}
