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

/// One number of tools: lines, and times of each step; each for Glassbox, and for rmcp.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) tools: usize,
    pub(crate) lines: [usize; 2],
    /// In the order of [`Step::ALL`].
    pub(crate) times: [[Times; 2]; 4],
}

/// A table of lines, one of each step, and in their last rows what a tool costs beyond the crate around it.
pub(crate) fn tables(rows: &[Row]) -> String {
    let mut text = head("lines after expansion");
    for row in rows {
        let [ours, theirs] = row.lines;
        let ratio = ratio(row.lines.map(as_float));
        let _ = writeln!(text, "| {} | {ours} | {theirs} | {ratio} |", row.tools);
    }
    each(&mut text, rows, "", |row| row.lines.map(as_float));
    for step in Step::ALL {
        text.push_str(&head(step.title()));
        for row in rows {
            let [ours, theirs] = &row.times[step as usize];
            let ratio = ratio([ours.median(), theirs.median()]);
            let (ours, theirs) = (spread(ours), spread(theirs));
            let _ = writeln!(text, "| {} | {ours} | {theirs} | {ratio} |", row.tools);
        }
        if step != Step::Fresh {
            let medians = |row: &Row| {
                let [ours, theirs] = &row.times[step as usize];
                [ours.median(), theirs.median()]
            };
            each(&mut text, rows, " ms", medians);
        }
    }
    text
}

fn head(what: &str) -> String {
    format!("\n| tools | {what}, Glassbox | rmcp | ratio |\n|---:|---:|---:|---:|\n")
}

/// The difference between most tools and least, a tool.
fn each(text: &mut String, rows: &[Row], unit: &str, value: impl Fn(&Row) -> [f64; 2]) {
    let (Some(least), Some(most)) = (rows.first(), rows.last()) else {
        return;
    };
    let tools = as_float(most.tools - least.tools);
    let ([ours_most, theirs_most], [ours_least, theirs_least]) = (value(most), value(least));
    let [ours, theirs] =
        [ours_most - ours_least, theirs_most - theirs_least].map(|all| all / tools);
    let ratio = ratio([ours, theirs]);
    let _ = writeln!(
        text,
        "| each | {ours:.1}{unit} | {theirs:.1}{unit} | {ratio} |"
    );
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
