//! What was measured, as the table of `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::time::Duration;

use crate::cargo::Step;

/// Times of one step of one subject.
#[derive(Debug, Default)]
pub(crate) struct Times(pub(crate) Vec<Duration>);

impl Times {
    /// The one in the middle, in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        self.at(1, 2)
    }

    /// The quarter below which, and the one above which, a quarter of them lies, in milliseconds.
    fn quartiles(&self) -> (f64, f64) {
        (self.at(1, 4), self.at(3, 4))
    }

    fn at(&self, part: usize, of: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let place = sorted.get((last * part + of / 2) / of);
        place.copied().unwrap_or_default().as_secs_f64() * 1_000.0
    }
}

/// One number of tools: lines, and times of the two steps; each for Glassbox, and for rmcp.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) tools: usize,
    pub(crate) lines: [usize; 2],
    pub(crate) check: [Times; 2],
    pub(crate) release: [Times; 2],
}

impl Row {
    /// Where times of a step are kept.
    pub(crate) fn times(&mut self, step: Step) -> &mut [Times; 2] {
        match step {
            Step::Check => &mut self.check,
            Step::Release => &mut self.release,
        }
    }
}

/// The rows, and what a tool costs beyond the crate around it.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text =
        String::from("| tools | what | Glassbox | rmcp | ratio |\n|---:|---|---:|---:|---:|\n");
    for row in rows {
        let tools = row.tools;
        let lines = row.lines.map(as_float);
        let _ = writeln!(
            text,
            "| {tools} | lines after expansion | {} | {} | {} |",
            row.lines[0],
            row.lines[1],
            ratio(lines)
        );
        for (what, times) in [
            ("`cargo check` after a change", &row.check),
            ("`cargo build --release`", &row.release),
        ] {
            let [ours, theirs] = times;
            let ratio = ratio([ours.median(), theirs.median()]);
            let _ = writeln!(
                text,
                "| {tools} | {what} | {} | {} | {ratio} |",
                spread(ours),
                spread(theirs)
            );
        }
    }
    if let (Some(least), Some(most)) = (rows.first(), rows.last()) {
        let tools = as_float(most.tools - least.tools);
        let each = |most: [f64; 2], least: [f64; 2]| {
            [(most[0] - least[0]) / tools, (most[1] - least[1]) / tools]
        };
        let medians = |times: &[Times; 2]| [times[0].median(), times[1].median()];
        for (what, [ours, theirs], unit) in [
            (
                "lines after expansion",
                each(most.lines.map(as_float), least.lines.map(as_float)),
                "",
            ),
            (
                "`cargo check` after a change",
                each(medians(&most.check), medians(&least.check)),
                " ms",
            ),
            (
                "`cargo build --release`",
                each(medians(&most.release), medians(&least.release)),
                " ms",
            ),
        ] {
            let ratio = ratio([ours, theirs]);
            let _ = writeln!(
                text,
                "| each | {what} | {ours:.1}{unit} | {theirs:.1}{unit} | {ratio} |"
            );
        }
    }
    text
}

fn spread(times: &Times) -> String {
    let (low, high) = times.quartiles();
    format!("{:.0} ms ({low:.0}-{high:.0})", times.median())
}

fn ratio([ours, theirs]: [f64; 2]) -> String {
    format!("{:.2}", ours / theirs)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of lines and tools are small"
)]
fn as_float(count: usize) -> f64 {
    count as f64
}
