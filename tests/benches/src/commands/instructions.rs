//! `instructions`: what each case takes in instructions, which hardly depend on what else the machine does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{fs, io};

use clap::Args;
use glassbox_benches::cases::{self, BUDGETS};

/// Each case is run this often, and once more as often again: the difference is what the work takes, without what
/// comes before and after it.
const TIMES: u64 = 50;

/// Count instructions of each case with Valgrind, and compare them with those on record
#[derive(Args, Debug)]
pub(crate) struct Instructions {
    /// Fail if a case takes more than on record
    #[arg(long, conflicts_with = "accept")]
    check: bool,
    /// Put what is counted on record
    #[arg(long)]
    accept: bool,
    /// How much more a case may take, in percent
    #[arg(long, default_value_t = 10.0)]
    tolerance: f64,
    /// Only cases whose names hold this text
    #[arg(long, default_value = "")]
    only: String,
}

impl Instructions {
    pub(crate) fn run(&self) -> ExitCode {
        let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt");
        let recorded = read(&record).unwrap();
        let mut counted = BTreeMap::new();
        let mut grown = Vec::new();
        println!("| case | instructions | on record | |\n|---|---:|---:|---:|");
        for case in cases::all() {
            if !case.name.contains(&self.only) {
                continue;
            }
            let count = count(case.name);
            counted.insert(case.name.to_owned(), count);
            let (known, change) = match recorded.get(case.name) {
                Some(known) => {
                    let change = (count as f64 / *known as f64 - 1.0) * 100.0;
                    if change > self.tolerance {
                        grown.push(case.name);
                    }
                    (known.to_string(), format!("{change:+.1}%"))
                }
                None => {
                    grown.push(case.name);
                    ("-".to_owned(), String::new())
                }
            };
            println!("| {} | {count} | {known} | {change} |", case.name);
        }
        budgets(&counted);
        if self.accept {
            fs::write(&record, write(&recorded, &counted)).unwrap();
        }
        if self.check && !grown.is_empty() {
            eprintln!(
                "\nmore than {}% above what is on record, or not on record: {}\n\
                 if that is as it should be, run `cargo run --release -p glassbox-benches -- instructions --accept` and \
                 say why in the commit",
                self.tolerance,
                grown.join(", ")
            );
            return ExitCode::FAILURE;
        }
        ExitCode::SUCCESS
    }
}

/// The budgets, as far as their cases were counted.
fn budgets(counted: &BTreeMap<String, u64>) {
    println!("\n| budget | case | to | ratio | at most |\n|---|---|---|---:|---:|");
    for budget in BUDGETS.iter().filter(|budget| budget.threads == 1) {
        if let (Some(case), Some(peer)) = (counted.get(budget.case), counted.get(budget.peer)) {
            let less = budget.less.and_then(|less| counted.get(less));
            let less = less.copied().unwrap_or_default();
            let ratio = (case - less) as f64 / (peer - less) as f64;
            println!(
                "| {} | {} | {} | {ratio:.3} | {} |",
                budget.number, budget.case, budget.peer, budget.most
            );
        }
    }
}

/// Instructions of a case, once.
fn count(case: &str) -> u64 {
    (valgrind(case, 2 * TIMES) - valgrind(case, TIMES)) / TIMES
}

/// Instructions of a process that does a case so many times.
fn valgrind(case: &str, times: u64) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["run", case, &times.to_string()])
        .output()
        .unwrap_or_else(|error| panic!("valgrind cannot be run ({error}); install it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let collected = said.split("Collected : ").nth(1).unwrap_or_default();
    let count = collected.split_whitespace().next().unwrap_or_default();
    count.parse().unwrap_or_else(|_| panic!("{said}"))
}

/// Lines of a count and a case.
fn read(path: &Path) -> io::Result<BTreeMap<String, u64>> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines
        .filter_map(|line| {
            let (count, case) = line.trim().split_once(' ')?;
            Some((case.to_owned(), count.parse().ok()?))
        })
        .collect())
}

/// What is on record from now on: cases that were not counted stay, cases that are gone go.
fn write(recorded: &BTreeMap<String, u64>, counted: &BTreeMap<String, u64>) -> String {
    let mut text = String::from(
        "# Instructions of each case, once: `cargo run --release -p glassbox-benches -- instructions --accept`\n",
    );
    for case in cases::all() {
        if let Some(count) = counted.get(case.name).or_else(|| recorded.get(case.name)) {
            let _ = writeln!(text, "{count:>9} {}", case.name);
        }
    }
    text
}
