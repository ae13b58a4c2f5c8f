//! What the agent shows: the answer, the tree, what it shows, and the counters.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use anstyle::Style;
use glassbox::analysis::{SpanTree, TreeError, findings};
use glassbox::render::{duration_text, printable};
use serde_json::Value;

use super::collector::Forwarded;
use super::react::Run;
use super::{DIM, FINDING};
use crate::call::{Observed, Passback};
use crate::model::scripted;
use crate::screen::Screen;

/// Lines of an answer that are shown. Ours: a screen or two.
const MAX_ANSWER_LINES: usize = 60;

/// Calls, and the agent's own spans about them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) own_spans: &'a Value,
    pub(crate) observed: &'a [Observed],
    pub(crate) passback: Passback,
}

/// Everything there is to see of a run, before its spans go anywhere.
pub(super) fn of_run(run: &Run, own_spans: &Value, passback: Passback, screen: Screen) -> String {
    let mut report = match &run.answer {
        Ok(answer) => answer_text(answer, screen) + "\n",
        Err(_) => String::new(),
    };
    let shown = Shown {
        own_spans,
        observed: &run.observed,
        passback,
    };
    report.push_str(&shown.report(screen));
    if passback == Passback::TopLevel && shown.has_server_spans() {
        report.push_str(&screen.sentence(DIM, "", "(`--detailed` asks for them)"));
    }
    report.push('\n');
    for counter in counters(run, shown.received(), passback) {
        report.push_str(&screen.sentence(DIM, "", &printable(&counter)));
    }
    report
}

/// Where the spans went, and where they can be seen.
pub(super) fn links(forwarded: &Forwarded, screen: Screen) -> String {
    screen.line("", &forwarded.to_string())
        + &forwarded
            .links()
            .map(|link| screen.line("", &link))
            .collect::<String>()
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

fn counters(run: &Run, received: usize, passback: Passback) -> Vec<String> {
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
    if passback != Passback::Off {
        let _ = write!(calls, "; {} received", counted(received, "span"));
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

impl Shown<'_> {
    /// The calls as a tree, what it shows, and what it does not.
    pub(crate) fn report(&self, screen: Screen) -> String {
        let (tree, note) = match self.tree() {
            Ok(tree) => (tree, self.note()),
            Err(error) => (
                SpanTree::from_otlp(self.own_spans).unwrap_or_default(),
                Some(format!("The server's spans were not usable: {error}.")),
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
        if let Some(note) = note {
            let _ = write!(report, "\n{}", screen.sentence(DIM, "", &note));
        }
        if tree.skipped() > 0 {
            let note = format!(
                "{} entries of the server's answer were no usable spans.",
                tree.skipped()
            );
            report.push_str(&screen.sentence(DIM, "", &note));
        }
        let held_back = self.observed.iter().map(|observed| observed.held_back);
        let held_back = held_back.fold(0, u64::saturating_add);
        if held_back > 0 {
            let note = format!("The server held back {}.", counted(held_back, "span"));
            report.push_str(&screen.sentence(DIM, "", &note));
        }
        report
    }

    /// The agent's own spans, and below them what the server sent.
    fn tree(&self) -> Result<SpanTree, TreeError> {
        SpanTree::from_payloads([self.own_spans].into_iter().chain(self.server_spans()))
    }

    /// Why there are no spans of the server, if there are none.
    fn note(&self) -> Option<String> {
        if self.observed.is_empty() || self.has_server_spans() {
            None
        } else if self.passback == Passback::Off {
            let duration: Duration = self.observed.iter().map(|observed| observed.duration).sum();
            Some(format!(
                "{}, and nothing says why: everything inside the server is hidden.",
                duration_text(duration)
            ))
        } else {
            Some("The server sent no spans: it does not support SEP-2448.".to_owned())
        }
    }

    /// Spans that the server sent.
    fn received(&self) -> usize {
        self.server_spans().map(spans).sum()
    }

    fn has_server_spans(&self) -> bool {
        self.server_spans().next().is_some()
    }

    fn server_spans(&self) -> impl Iterator<Item = &Value> {
        let payloads = self.observed.iter();
        payloads.filter_map(|observed| observed.server_spans.as_ref())
    }
}

/// The usable spans of a payload.
pub(super) fn spans(payload: &Value) -> usize {
    SpanTree::from_otlp(payload).map_or(0, |tree| tree.len())
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
