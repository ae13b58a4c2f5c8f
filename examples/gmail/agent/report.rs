//! What the agent shows: the answer, the tree, what it shows, and the counters.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use anstyle::Style;
use glassbox::PassbackRequest;
use glassbox::analysis::{AnswerNotes, Finding, SpanTree, findings_with};
use glassbox::ingest::IngestReport;
use glassbox::otlp::Span;
use glassbox::render::{duration_text, printable};

use super::react::Run;
use super::{DIM, FINDING};
use crate::call::Observed;
use crate::model::scripted;
use crate::screen::Screen;

/// Lines of an answer that are shown. Ours: a screen or two.
const MAX_ANSWER_LINES: usize = 60;

/// Calls, joined with the agent's own spans of them, and examined.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) tree: SpanTree,
    pub(crate) findings: Vec<Finding>,
    pub(crate) ingested: IngestReport,
    note: Option<String>,
}

/// Everything there is to see of a run, before it is known where its spans went.
pub(super) fn of_run(
    run: &Run,
    shown: &Shown,
    passback: PassbackRequest,
    screen: Screen,
) -> String {
    let mut report = match &run.answer {
        Ok(answer) => answer_text(answer, screen) + "\n",
        Err(_) => String::new(),
    };
    report.push_str(&shown.report(screen));
    if passback == PassbackRequest::TopLevel && shown.ingested.accepted() > 0 {
        report.push_str(&screen.sentence(DIM, "", "(`--detailed` asks for them)"));
    }
    report.push('\n');
    for counter in counters(run) {
        report.push_str(&screen.sentence(DIM, "", &printable(&counter)));
    }
    report
}

/// An answer in lines of its own, however the model wrote them.
fn answer_text(answer: &str, screen: Screen) -> String {
    let lines = answer.lines().take(MAX_ANSWER_LINES);
    let mut text: String = lines
        .map(
            |line| match screen.sentence(Style::new(), "", &printable(line)) {
                empty if empty.is_empty() => "\n".to_owned(),
                line => line,
            },
        )
        .collect();
    let missing = answer.lines().count().saturating_sub(MAX_ANSWER_LINES);
    if missing > 0 {
        text.push_str(&screen.sentence(DIM, "", &format!("({} more)", counted(missing, "line"))));
    }
    text
}

fn counters(run: &Run) -> Vec<String> {
    let model = match run.model.as_str() {
        scripted::NAME => "scripted (no OPENAI_API_KEY)",
        name => name,
    };
    let mut counters = vec![format!(
        "Model: {model}; {}, {} tokens in, {} out.",
        counted(run.turns, "turn"),
        run.usage.input_tokens,
        run.usage.output_tokens
    )];
    let mut calls = format!("Calls: {} made", run.observed.len());
    if run.not_called > 0 {
        let _ = write!(calls, ", {} refused before they were made", run.not_called);
    }
    counters.push(calls + ".");
    if run.left_out > 0 {
        let tools = counted(run.left_out, "tool");
        counters.push(format!(
            "The model was not told of {tools} of the server, which it could not have called."
        ));
    }
    counters
}

/// Where spans came from and went, in a line, as far as it has not been said.
pub(super) fn spans_line(
    shown: &Shown,
    passback: PassbackRequest,
    forwarded: Option<&str>,
) -> Option<String> {
    let received = match passback {
        PassbackRequest::Off => None,
        _ => shown.received(),
    };
    let line = match (received, forwarded) {
        (Some(received), Some(forwarded)) => {
            format!("{received}; with the agent's own, {forwarded}")
        }
        (received, forwarded) => received.or(forwarded.map(str::to_owned))?,
    };
    Some(line + ".")
}

impl Shown {
    /// Joins the agent's own spans of calls with what the server returned.
    pub(crate) fn new(
        own_spans: Vec<Span>,
        observed: &[Observed],
        passback: PassbackRequest,
    ) -> Self {
        let mut ingested = IngestReport::default();
        for observed in observed {
            ingested += &observed.report;
        }
        let server_spans = observed.iter().flat_map(|observed| &observed.server_spans);
        let tree = SpanTree::from_spans(own_spans.into_iter().chain(server_spans.cloned()));
        let rejected = u64::try_from(ingested.rejected_total()).unwrap_or(u64::MAX);
        let notes = AnswerNotes::default()
            .with_truncated(ingested.server_truncated())
            .with_held_back(ingested.server_dropped())
            .with_rejected(rejected);
        Self {
            findings: findings_with(&tree, notes),
            note: note(observed, &ingested, passback),
            tree,
            ingested,
        }
    }

    /// The calls as a tree, what it shows, and what it does not.
    pub(crate) fn report(&self, screen: Screen) -> String {
        let mut report = screen.tree(&self.tree, &self.findings);
        for finding in &self.findings {
            let _ = write!(
                report,
                "\n{}",
                screen.sentence(FINDING, "▌ ", &format!("{finding}."))
            );
        }
        if let Some(note) = &self.note {
            let _ = write!(report, "\n{}", screen.sentence(DIM, "", note));
        }
        report
    }

    /// What was received, if all of it was of use: otherwise the report says so.
    fn received(&self) -> Option<String> {
        let received = counted(self.ingested.received(), "span");
        let is_complete = self.ingested.is_complete();
        is_complete.then(|| format!("{received} received, 0 rejected"))
    }

    /// What a page says below its title.
    pub(crate) fn notes(&self) -> Vec<String> {
        let ingested =
            (self.ingested != IngestReport::default()).then(|| self.ingested.to_string());
        ingested.into_iter().chain(self.note.clone()).collect()
    }
}

/// Why there are no spans of the server, or not all.
fn note(
    observed: &[Observed],
    ingested: &IngestReport,
    passback: PassbackRequest,
) -> Option<String> {
    if observed.is_empty() {
        None
    } else if !ingested.is_complete() {
        Some(format!("{ingested}."))
    } else if ingested.accepted() > 0 || ingested.server_dropped() > 0 {
        None
    } else if passback == PassbackRequest::Off {
        let duration: Duration = observed.iter().map(|observed| observed.duration).sum();
        Some(format!(
            "{}, and nothing says why: everything inside the server is hidden.",
            duration_text(duration)
        ))
    } else if observed.iter().all(|observed| observed.result.is_err()) {
        // Whether a server sends spans is not known from an answer that did not come.
        None
    } else {
        let is_advertised = observed.iter().any(|observed| observed.is_advertised);
        Some(if is_advertised {
            "The server sent no spans, although it says that it returns them (SEP-2448).".to_owned()
        } else {
            "The server sent no spans, and does not say that it returns any (SEP-2448).".to_owned()
        })
    }
}

pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_harmless_lines_within_a_bound() {
        let text = answer_text("one\u{1b}[2J\n\n- two\u{202e}", Screen::PLAIN);
        assert_eq!(text, "one�[2J\n\n- two�\n");
        for (lines, more) in [
            (MAX_ANSWER_LINES - 1, None),
            (MAX_ANSWER_LINES, None),
            (MAX_ANSWER_LINES + 1, Some("(1 line more)")),
        ] {
            let text = answer_text(&"x\n".repeat(lines), Screen::PLAIN);
            let last = text.lines().last().filter(|&line| line != "x");
            assert_eq!(last, more);
        }
    }
}
