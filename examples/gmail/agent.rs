//! The agent: turns a sentence into a call of `list_emails`, and shows what came back.
//!
//! It has no model. From the sentence it takes
//!
//! - the first number, as `max_results` ("List my 3 most recent emails"),
//! - every word with a Gmail operator, as `query` ("List 5 emails from:grace is:unread").

use std::fmt::{Display, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use glassbox::analysis::{SpanTree, TreeError, findings};
use glassbox::render::{duration_text, printable};
use rmcp::model::{CallToolResult, JsonObject};
use serde_json::Value;
use url::Url;

use crate::call::{CallError, McpClient, Observed, Passback};
use crate::client::{Email, root_cause};
use crate::screen::{Screen, cut, waiting};
use crate::server::Inbox;

/// What the agent is asked if nobody asks it anything.
pub const DEFAULT_QUERY: &str = "List my 5 most recent emails";
/// The tool that the agent calls.
pub const TOOL: &str = "list_emails";

/// How long a collector may take for one request.
const COLLECTOR_TIMEOUT: Duration = Duration::from_secs(10);

/// The parts of a message that words such as `from:grace` restrict.
const OPERATORS: [&str; 8] = [
    "from:",
    "to:",
    "subject:",
    "is:",
    "in:",
    "label:",
    "newer_than:",
    "older_than:",
];

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const FINDING: Style = AnsiColor::Yellow.on_default().bold();

/// What to ask, whom, and how much to see of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AgentOptions {
    /// The sentence.
    pub query: String,
    /// The MCP endpoint.
    pub server_url: Url,
    /// How much to ask for.
    pub passback: Passback,
    /// An OTLP/HTTP receiver for the spans.
    pub collector: Option<Url>,
}

impl AgentOptions {
    /// Asks `query` at `server_url`, for the top level of spans, and forwards them nowhere.
    #[must_use]
    pub fn new(query: impl Into<String>, server_url: Url) -> Self {
        Self {
            query: query.into(),
            server_url,
            passback: Passback::TopLevel,
            collector: None,
        }
    }
}

/// Why the agent has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The call gave no result.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The tool answered with an error, which was shown.
    #[error("the tool answered with an error: {0}")]
    Tool(String),
    /// The collector did not take the spans.
    #[error("the collector at {url} did not take the spans: {reason}")]
    Collector {
        /// Where they were sent.
        url: Url,
        /// Why.
        reason: String,
    },
    /// Nobody reads what the agent writes.
    #[error("cannot write the answer: {0}")]
    Output(#[from] std::io::Error),
}

/// Asks, and writes the answer and the tree.
///
/// # Errors
///
/// [`AgentError`]; what there is to show has been written by then.
pub async fn run(
    options: &AgentOptions,
    screen: Screen,
    out: &mut impl std::io::Write,
) -> Result<(), AgentError> {
    let arguments = arguments(&options.query);
    let observed = waiting("calling list_emails", async {
        let client = McpClient::connect(&options.server_url).await?;
        let observed = client.call(TOOL, arguments, options.passback).await;
        client.close().await;
        observed
    })
    .await?;
    let mut report = report(&observed, options.passback, screen);
    if options.passback == Passback::TopLevel && observed.server_spans.is_some() {
        report.push_str(&screen.sentence(DIM, "", "(`--detailed` asks for them)"));
    }
    write!(out, "{}\n{report}", answer(&observed.result, screen))?;
    if let Some(collector) = &options.collector {
        let outcome = forward(collector, &observed).await?;
        write!(out, "\n{}", screen.line("", &outcome))?;
    }
    match error_text(&observed.result) {
        Some(text) => Err(AgentError::Tool(text)),
        None => Ok(()),
    }
}

/// The tool's arguments, as the sentence has them. What the sentence does not say is left to the tool.
#[must_use]
pub fn arguments(sentence: &str) -> JsonObject {
    let number = sentence
        .split_whitespace()
        .find_map(|word| word.parse::<u32>().ok());
    let is_operator = |word: &&str| {
        let word = word.strip_prefix('-').unwrap_or(word).to_ascii_lowercase();
        OPERATORS
            .iter()
            .any(|operator| word.len() > operator.len() && word.starts_with(operator))
    };
    let query = sentence
        .split_whitespace()
        .filter(is_operator)
        .collect::<Vec<_>>()
        .join(" ");
    let number = number.map(|number| ("max_results".to_owned(), number.into()));
    let query = (!query.is_empty()).then(|| ("query".to_owned(), query.into()));
    number.into_iter().chain(query).collect()
}

/// The result in a sentence.
pub(crate) fn summary(result: &CallToolResult, screen: Screen) -> String {
    let Some(emails) = emails(result) else {
        return message(result, screen);
    };
    let subjects: Vec<_> = emails
        .iter()
        .map(|email| format!("“{}”", printable(&email.subject)))
        .collect();
    screen.sentence(
        Style::new(),
        "",
        &format!(
            "✓ {}: {}",
            counted(emails.len(), "email"),
            subjects.join(", ")
        ),
    )
}

fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn emails(result: &CallToolResult) -> Option<Vec<Email>> {
    let inbox: Inbox = serde_json::from_value(result.structured_content.clone()?).ok()?;
    (result.is_error != Some(true)).then_some(inbox.emails)
}

/// What the tool says, where it lists no emails.
fn message(result: &CallToolResult, screen: Screen) -> String {
    match error_text(result) {
        Some(text) => screen.sentence(
            AnsiColor::Red.on_default(),
            "",
            &format!("✗ {}", printable(&text)),
        ),
        None => screen.sentence(Style::new(), "", &printable(&text(result))),
    }
}

/// The result, one line an email.
pub(crate) fn answer(result: &CallToolResult, screen: Screen) -> String {
    let Some(emails) = emails(result) else {
        return message(result, screen);
    };
    let mut answer = format!("✓ {}\n", counted(emails.len(), "email"));
    let senders = emails.iter().map(|email| sender(&email.from));
    let widest = senders
        .clone()
        .map(|sender| glassbox::render::width(&sender))
        .max()
        .unwrap_or(0)
        .min(24);
    for (email, sender) in emails.iter().zip(senders) {
        let sender = cut(&sender, widest);
        let padding = " ".repeat(widest.saturating_sub(glassbox::render::width(&sender)));
        answer.push_str(&screen.line(
            "  ",
            &format!("{sender}{padding}  {}", printable(&email.subject)),
        ));
    }
    answer
}

/// `Grace Hopper` of `Grace Hopper <grace@example.org>`.
fn sender(from: &str) -> String {
    let name = from
        .split_once('<')
        .map_or(from, |(name, _)| name)
        .trim()
        .trim_matches('"');
    printable(if name.is_empty() { from } else { name }).into_owned()
}

/// What a failed tool says.
pub(crate) fn error_text(result: &CallToolResult) -> Option<String> {
    (result.is_error == Some(true)).then(|| text(result))
}

fn text(result: &CallToolResult) -> String {
    let texts = result
        .content
        .iter()
        .filter_map(|content| Some(content.as_text()?.text.as_str()));
    texts.collect::<Vec<_>>().join("\n")
}

/// The call as a tree, what it shows, and what it does not.
pub(crate) fn report(observed: &Observed, passback: Passback, screen: Screen) -> String {
    let (tree, note) = match (tree(observed), &observed.server_spans) {
        (Ok(tree), None) if passback == Passback::Off => {
            let duration = duration_text(observed.duration);
            (
                tree,
                format!(
                    "{duration}, and nothing says why: everything inside the server is hidden."
                ),
            )
        }
        (Ok(tree), None) => (
            tree,
            "The server sent no spans: it does not support SEP-2448.".to_owned(),
        ),
        (Ok(tree), Some(_)) => (tree, String::new()),
        (Err(error), _) => (
            own_tree(observed),
            format!("The server's spans were not usable: {error}."),
        ),
    };
    let mut report = screen.tree(&tree);
    for finding in findings(&tree) {
        let _ = write!(
            report,
            "\n{}",
            screen.sentence(FINDING, "▌ ", &format!("{finding}."))
        );
    }
    if !note.is_empty() {
        let _ = write!(report, "\n{}", screen.sentence(DIM, "", &note));
    }
    if tree.skipped() > 0 {
        let note = format!(
            "{} entries of the server's answer were no usable spans.",
            tree.skipped()
        );
        report.push_str(&screen.sentence(DIM, "", &note));
    }
    if observed.held_back > 0 {
        let note = format!(
            "The server held back {}.",
            counted(observed.held_back, "span")
        );
        report.push_str(&screen.sentence(DIM, "", &note));
    }
    report
}

/// The agent's own span, and below it what the server sent.
fn tree(observed: &Observed) -> Result<SpanTree, TreeError> {
    SpanTree::from_payloads(
        [Some(&observed.own_spans), observed.server_spans.as_ref()]
            .into_iter()
            .flatten(),
    )
}

fn own_tree(observed: &Observed) -> SpanTree {
    SpanTree::from_otlp(&observed.own_spans).unwrap_or_default()
}

/// Sends the server's spans as they came, and the agent's own beside them, under its own name.
async fn forward(collector: &Url, observed: &Observed) -> Result<String, AgentError> {
    let failed = |reason: String| AgentError::Collector {
        url: collector.clone(),
        reason,
    };
    let url = format!("{}/v1/traces", collector.as_str().trim_end_matches('/'));
    let http = crate::http::client(collector)
        .timeout(COLLECTOR_TIMEOUT)
        .build();
    let http = http.map_err(|error| failed(root_cause(&error)))?;
    let payloads = [observed.server_spans.as_ref(), Some(&observed.own_spans)];
    for payload in payloads.into_iter().flatten() {
        let answer = http.post(&url).json(payload).send().await;
        let response = answer.map_err(|error| failed(root_cause(&error.without_url())))?;
        if !response.status().is_success() {
            return Err(failed(format!("it answered {}", response.status())));
        }
    }
    let count = |payload: &Value| SpanTree::from_otlp(payload).map_or(0, |tree| tree.len());
    let received = observed.server_spans.as_ref().map_or(0, count);
    Ok(format!(
        "{received} spans received, {} forwarded to {url}",
        received + count(&observed.own_spans)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_number_and_search_out_of_the_sentence() {
        for (sentence, expected) in [
            ("List my 3 most recent emails", json!({"max_results": 3})),
            ("What is new?", json!({})),
            (
                "List 50 emails from:grace -label:travel please",
                json!({"max_results": 50, "query": "from:grace -label:travel"}),
            ),
            (
                "emails newer_than:3d, from: whom?",
                json!({"query": "newer_than:3d,"}),
            ),
        ] {
            assert_eq!(Value::from(arguments(sentence)), expected, "{sentence}");
        }
    }
}
