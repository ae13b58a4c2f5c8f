//! Where the example writes: how wide it is, whether it has colours, and how text is laid out on it.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anstyle::Style;
use glassbox::analysis::{Finding, SpanTree};
use glassbox::render::{self, TextOptions, printable};

/// Wider lines make a sentence hard to read.
const MAX_SENTENCE: usize = 96;
/// Wider timelines are empty space, and whoever asks for a million columns gets them in every line.
const MAX_WIDTH: usize = 200;
const UNITS: [&str; 5] = ["h", "s", "ms", "µs", "%"];
const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_TIME: Duration = Duration::from_millis(80);

/// How output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Screen {
    /// Columns of a line.
    pub width: usize,
    /// Whether ANSI colours are understood.
    pub colour: bool,
}

impl Screen {
    /// A screen for output that nobody asked to be special: 80 columns, no colours.
    pub const PLAIN: Self = Self {
        width: render::DEFAULT_WIDTH,
        colour: false,
    };

    /// What standard output is: as wide as the terminal (or `COLUMNS`), and coloured on a terminal without `NO_COLOR`.
    #[must_use]
    pub fn of_stdout() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let terminal = io::stdout().is_terminal();
        let terminal_width = terminal_size::terminal_size()
            .map(|(width, _)| usize::from(width.0))
            .filter(|_| terminal);
        let width = columns(variable("COLUMNS").as_deref(), terminal_width);
        let dumb = variable("TERM").is_some_and(|terminal| terminal == "dumb");
        Self {
            width,
            colour: terminal && !dumb && variable("NO_COLOR").is_none(),
        }
    }

    /// A text in a style, if there are colours.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A sentence in lines of the screen's width, indented.
    #[must_use]
    pub fn sentence(&self, style: Style, indent: &str, text: &str) -> String {
        let room = self
            .width
            .min(MAX_SENTENCE)
            .saturating_sub(render::width(indent))
            .max(1);
        let mut lines: Vec<String> = Vec::new();
        for word in words(text) {
            match lines.last_mut() {
                Some(line) if render::width(line) + 1 + render::width(&word) <= room => {
                    line.push(' ');
                    line.push_str(&word);
                }
                _ => lines.push(word),
            }
        }
        lines
            .iter()
            .map(|line| self.paint(style, &format!("{indent}{line}")) + "\n")
            .collect()
    }

    /// A title, and a rule to the end of the line.
    #[must_use]
    pub fn heading(&self, title: &str) -> String {
        let rule = "─".repeat(self.width.saturating_sub(render::width(title) + 4));
        let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
        format!(
            "{} {} {}\n",
            self.paint(dim, "──"),
            self.paint(bold, title),
            self.paint(dim, &rule)
        )
    }

    /// One line, made safe to print, and cut off where the screen ends.
    #[must_use]
    pub fn line(&self, indent: &str, text: &str) -> String {
        let room = self.width.saturating_sub(render::width(indent));
        format!("{indent}{}\n", cut(&printable(text), room))
    }

    /// A tree with its timeline, where the evidence of findings stands out.
    #[must_use]
    pub fn tree(&self, tree: &SpanTree, findings: &[Finding]) -> String {
        let options = TextOptions::default()
            .with_width(self.width)
            .with_colour(self.colour);
        render::text(tree, findings, &options)
    }
}

/// Columns of a line: what the variable says, else the terminal's, within what can be read.
fn columns(variable: Option<&str>, terminal: Option<usize>) -> usize {
    let asked = match variable {
        Some(text) => text.parse().ok(),
        None => terminal,
    };
    asked
        .filter(|&columns| columns > 0)
        .unwrap_or(render::DEFAULT_WIDTH)
        .clamp(render::MIN_WIDTH, MAX_WIDTH)
}

/// The words of a text, where a number and its unit are one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_unit = UNITS.contains(&word.trim_end_matches(['.', ',', ';', ')']));
        match words.last_mut() {
            Some(number) if is_unit => {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// A text within so many columns, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if render::width(text) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if render::width(&short) >= room {
            short.pop();
            break;
        }
    }
    format!("{}…", short.trim_end())
}

/// Says something on standard error, in a line of its own.
pub fn notice(text: &str) {
    let mut stderr = io::stderr();
    let clear = if stderr.is_terminal() {
        "\r\u{1b}[2K"
    } else {
        ""
    };
    // If nobody listens there, nobody can be told.
    let _ = writeln!(stderr, "{clear}{}", printable(text));
}

/// What is waited for just now, if it is something else than all the time.
static STATUS: Mutex<Option<(&'static str, Instant)>> = Mutex::new(None);

fn current_status() -> MutexGuard<'static, Option<(&'static str, Instant)>> {
    STATUS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says for as long as it lives what is waited for, where [`waiting`] shows it.
#[must_use = "the status ends with it"]
pub(crate) struct Status(());

/// Says what is waited for, until the result is dropped.
pub(crate) fn status(text: &'static str) -> Status {
    *current_status() = Some((text, Instant::now()));
    Status(())
}

impl Drop for Status {
    fn drop(&mut self) {
        *current_status() = None;
    }
}

/// Shows on standard error, if that is a terminal, that something is going on.
pub async fn waiting<F: Future>(what: &str, future: F) -> F::Output {
    let mut stderr = io::stderr();
    if !stderr.is_terminal() {
        return future.await;
    }
    let mut future = std::pin::pin!(future);
    let mut frames = FRAMES.iter().cycle();
    let mut ticks = tokio::time::interval(FRAME_TIME);
    // Progress that cannot be shown is no reason to stop.
    let output = loop {
        tokio::select! {
            output = &mut future => break output,
            _ = ticks.tick() => {
                let frame = frames.next().unwrap_or(&' ');
                let status = *current_status();
                let _ = match status {
                    Some((what, since)) => {
                        write!(stderr, "\r\u{1b}[2K{frame} {what} ({} s)", since.elapsed().as_secs())
                    }
                    None => write!(stderr, "\r\u{1b}[2K{frame} {what}"),
                };
                let _ = stderr.flush();
            }
        }
    };
    let _ = write!(stderr, "\r\u{1b}[2K");
    let _ = stderr.flush();
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_what_can_be_read() {
        for (variable, terminal, expected) in [
            (None, None, 80),
            (None, Some(120), 120),
            (None, Some(0), 80),
            (Some("39"), None, 40),
            (Some("40"), None, 40),
            (Some("200"), Some(120), 200),
            (Some("201"), None, 200),
            (Some("1000000"), None, 200),
            (Some("0"), Some(120), 80),
            (Some("wide"), Some(120), 80),
            (Some("-1"), None, 80),
        ] {
            assert_eq!(
                columns(variable, terminal),
                expected,
                "{variable:?} {terminal:?}"
            );
        }
    }
}
