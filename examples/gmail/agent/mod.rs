//! The agent: a question in, an answer out, and below it the tree of everything that was done for it.
//!
//! It is a ReAct loop: the model reads the question and the tools that the server lists, asks for calls, reads their
//! results, and answers. Whatever the model writes is checked before it is sent anywhere.
//!
//! ```text
//! toolbox   the server's tools, as functions of the model, and the check of their arguments
//! react     the loop                            report      what is shown
//! error     why there is no answer              sinks       where the spans go
//! ```

mod error;
mod react;
mod report;
mod sinks;
mod toolbox;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use glassbox::PassbackRequest;
use glassbox::forward::{ForwardReport, Forwarder, Sink};
use glassbox::render::printable;
use url::Url;

use self::react::Agent;
use self::toolbox::Toolbox;
use crate::call::McpClient;
use crate::model::{Model, ModelOptions};
use crate::page::Page;
use crate::screen::{Screen, waiting};
use crate::sign_in::SignIn;
use crate::telemetry::Telemetry;

pub use self::error::AgentError;
pub(crate) use self::react::error_text;
pub(crate) use self::report::{Shown, counted};
pub use self::sinks::Galileo;

/// What the agent is asked if nobody asks it anything.
pub const DEFAULT_QUERY: &str = "List my 5 most recent emails";

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const FINDING: Style = AnsiColor::Yellow.on_default().bold();

/// How long collectors are waited for. Ours: long enough for one retry, and no more than a person waits.
const FLUSH: Duration = Duration::from_secs(5);

/// What to ask, whom, and how much to see of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AgentOptions {
    /// The question.
    pub query: String,
    /// The MCP endpoint.
    pub server_url: Url,
    /// How to sign in if the server asks for it. Without this, the agent says that it does.
    pub sign_in: Option<SignIn>,
    /// How much to ask for.
    pub passback: PassbackRequest,
    /// The model that answers.
    pub model: ModelOptions,
    /// An OTLP/HTTP receiver for the spans.
    pub collector: Option<Url>,
    /// More of them.
    pub sinks: Vec<Sink>,
    /// Where spans wait for the next run that could not be delivered in this one.
    pub spool: Option<PathBuf>,
    /// How long the agent waits for collectors in the end.
    pub flush: Duration,
    /// Where the page goes, if one is wanted.
    pub page: Option<Page>,
}

impl AgentOptions {
    /// Asks the scripted model `query`, with the tools at `server_url`, for the top level of spans, and forwards them
    /// nowhere.
    #[must_use]
    pub fn new(query: impl Into<String>, server_url: Url) -> Self {
        Self {
            query: query.into(),
            server_url,
            sign_in: None,
            passback: PassbackRequest::TopLevel,
            model: ModelOptions::Scripted,
            collector: None,
            sinks: Vec::new(),
            spool: None,
            flush: FLUSH,
            page: None,
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
    let forwarder = sinks::start(options)?;
    let telemetry = Telemetry::new();
    let run = waiting("the agent is at work", async {
        let server = &options.server_url;
        let sign_in = options.sign_in.as_ref();
        let forwarder = forwarder.as_ref();
        let client = McpClient::connect(server, sign_in, &telemetry, forwarder).await?;
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

    let own_spans = telemetry.spans(run.trace_id);
    let shown = Shown::new(own_spans, &run.observed, options.passback);
    out.write_all(report::of_run(&run, &shown, options.passback, screen).as_bytes())?;
    let page = options.page.as_ref();
    let page = page.map(|page| page.publish(run.trace_id, &shown, screen));
    let forwarded = match &forwarder {
        Some(forwarder) => {
            telemetry.forward(run.trace_id, forwarder).await;
            Some(delivered(forwarder, options.flush).await)
        }
        None => None,
    };
    let is_delivered = !forwarded.as_ref().is_some_and(is_incomplete);
    let report = forwarded.as_ref().map(ToString::to_string);
    if let Some(line) = report::spans_line(&shown, options.passback, report.as_deref()) {
        out.write_all(screen.sentence(DIM, "", &printable(&line)).as_bytes())?;
    }
    if let Some(Ok(line)) = &page {
        out.write_all(line.as_bytes())?;
    }
    let link = options.collector.as_ref().filter(|_| is_delivered);
    if let Some(link) = link.and_then(|url| sinks::jaeger_link(url, run.trace_id)) {
        out.write_all(screen.line("", &format!("Jaeger: {link}")).as_bytes())?;
    }
    run.answer?;
    if let Some(report) = forwarded.filter(is_incomplete) {
        return Err(AgentError::NotDelivered(report.to_string()));
    }
    page.transpose()?;
    run.failure.map_or(Ok(()), Err)
}

/// Waits for the collectors.
async fn delivered(forwarder: &Forwarder, flush: Duration) -> ForwardReport {
    let what = format!("sending the spans, for at most {} s", flush.as_secs());
    waiting(&what, forwarder.shutdown(flush)).await
}

fn is_incomplete(report: &ForwardReport) -> bool {
    report
        .sinks()
        .iter()
        .any(|sink| sink.forwarded != sink.total())
}
