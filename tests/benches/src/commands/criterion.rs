//! `criterion`: the cases by the clock, as Criterion measures and reckons them.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Args;
use glassbox_benches::cases::{self, BUDGETS};
use glassbox_benches::process::target_directory;
use glassbox_benches::stats::Figures;
use serde_json::Value;

/// Run Criterion on the cases of one process, and show what it has found
#[derive(Args, Debug)]
pub(crate) struct Criterion {
    /// Only cases that hold this text
    #[arg(long, default_value = "")]
    only: String,
}

impl Criterion {
    pub(crate) fn run(&self) {
        let target = target_directory();
        let status = Command::new("cargo")
            .args(["bench", "-q", "-p", "glassbox-benches", "--bench", "micro"])
            .arg("--target-dir")
            .arg(&target)
            .args(["--", &self.only])
            .stdout(std::io::stderr())
            .status()
            .unwrap();
        assert!(status.success(), "Criterion has failed");
        let cases = cases::all();
        let shown = cases.iter().map(|case| case.name);
        let shown: Vec<_> = shown.filter(|name| name.contains(&self.only)).collect();
        println!("Medians, in parentheses their intervals of 95 % confidence\n");
        println!("| case | ns |");
        println!("|---|---:|");
        for case in &shown {
            println!("| {case} | {} |", estimate(&target, case));
        }
        println!("\n| budget | case | to | ratio | at most |");
        println!("|---|---|---|---:|---:|");
        for budget in BUDGETS {
            let names = [Some(budget.case), Some(budget.peer), budget.less];
            let is_shown = names.iter().flatten().all(|name| shown.contains(name));
            if budget.threads > 1 || !is_shown {
                continue;
            }
            let median = |case| estimate(&target, case).median();
            let less = budget.less.map_or(0.0, median);
            let ratio = (median(budget.case) - less) / (median(budget.peer) - less);
            println!(
                "| {} | {} | {} | {ratio:.2} | {} |",
                budget.number, budget.case, budget.peer, budget.most
            );
        }
    }
}

/// The time of a case in nanoseconds, as Criterion has noted it: the least it may be, the median, the most.
fn estimate(target: &Path, case: &str) -> Figures {
    let file = target
        .join("criterion")
        .join(case.replace('/', "_"))
        .join("new/estimates.json");
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let estimates: Value = serde_json::from_str(&text).unwrap();
    let median = &estimates["median"];
    let interval = &median["confidence_interval"];
    let figures = [
        &interval["lower_bound"],
        &median["point_estimate"],
        &interval["upper_bound"],
    ];
    Figures(figures.map(|value| value.as_f64().unwrap()).into())
}
