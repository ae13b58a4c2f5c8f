//! What is printed.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use crate::memory::megabytes;
use crate::tally::Tally;

/// A moment of the run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) calls: u64,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) open_spans: usize,
    pub(crate) inside: usize,
    pub(crate) late: usize,
    pub(crate) wrong: u64,
}

/// Writes the heading of the table.
pub(crate) fn heading(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>10} {:>9} {:>9} {:>7} {:>7} {:>7} {:>7}",
        "calls", "calls/s", "rss MB", "open", "inside", "late", "wrong"
    )
}

/// Writes a row; `calls` were made in `took`.
pub(crate) fn row(
    out: &mut impl Write,
    sample: &Sample,
    calls: u64,
    took: Duration,
) -> io::Result<()> {
    let resident = sample
        .resident_bytes
        .map_or_else(|| "-".to_owned(), megabytes);
    writeln!(
        out,
        "{:>10} {:>9} {:>9} {:>7} {:>7} {:>7} {:>7}",
        sample.calls,
        rate(calls, took),
        resident,
        sample.open_spans,
        sample.inside,
        sample.late,
        sample.wrong
    )
}

/// Calls a second.
pub(crate) fn rate(calls: u64, took: Duration) -> u128 {
    u128::from(calls) * 1_000_000 / took.as_micros().max(1)
}

/// Writes how many calls were of which kind.
pub(crate) fn kinds(out: &mut impl Write, tally: &Tally) -> io::Result<()> {
    for (kind, count) in tally.by_kind() {
        writeln!(out, "{count:>10} {}", kind.label())?;
    }
    Ok(())
}

/// Where the run has got to, on stderr, if somebody looks.
#[derive(Debug)]
pub(crate) struct Progress {
    is_watched: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            is_watched: io::stderr().is_terminal(),
        }
    }

    /// Says a line in any case. If it cannot be written, the run goes on.
    pub(crate) fn say(&self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Replaces the line that says how far it is.
    pub(crate) fn show(&self, done: u64, calls: u64) {
        if self.is_watched {
            let _ = write!(io::stderr(), "\r{done} of {calls} calls\r");
        }
    }
}
