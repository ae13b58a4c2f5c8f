//! `budgets`: what the cases of the budgets take of a processor's time, each beside its peer.

use std::process::Command;

use clap::Args;
use glassbox_benches::cases::{BUDGETS, proto_bytes, text_bytes};
use glassbox_benches::stats::Figures;

/// CPU time of the cases in this process, and their ratios
#[derive(Args, Debug)]
pub(crate) struct Budgets {
    /// Rounds; a case and its peer take turns in each
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// About how long a case runs in a round, in milliseconds
    #[arg(long, default_value_t = 200.0)]
    milliseconds: f64,
    /// Only budgets of this number
    #[arg(long)]
    only: Option<String>,
}

impl Budgets {
    pub(crate) fn run(&self) {
        println!(
            "{} rounds; medians, in parentheses the least and the most\n",
            self.rounds
        );
        println!("| budget | threads | case | us | to | us | ratio | at most |");
        println!("|---|---:|---|---:|---|---:|---:|---:|");
        for budget in BUDGETS {
            if self.only.as_ref().is_some_and(|only| only != budget.number) {
                continue;
            }
            let cases = [budget.case, budget.peer];
            let times = cases.map(|case| self.times(case));
            let mut figures = [Figures::default(), Figures::default()];
            for _ in 0..self.rounds {
                let less = budget.less.map(|less| run(less, times[0], budget.threads));
                for ((case, times), figures) in cases.iter().zip(times).zip(&mut figures) {
                    let nanoseconds = run(case, times, budget.threads) - less.unwrap_or(0.0);
                    figures.0.push(nanoseconds / 1_000.0);
                }
            }
            let [case, peer] = figures;
            println!(
                "| {} | {} | {} | {case} | {} | {peer} | {} | {} |",
                budget.number,
                budget.threads,
                budget.case,
                budget.peer,
                case.over(&peer),
                budget.most
            );
        }
        if self.only.as_ref().is_none_or(|only| only == "B11") {
            for spans in [16, 128] {
                let (ours, theirs) = (text_bytes(spans), proto_bytes(spans));
                let ratio = ours as f64 / theirs as f64;
                println!(
                    "| B11 | | {spans} spans, {ours} bytes | | {theirs} bytes | | {ratio:.2} | 0.8 |"
                );
            }
        }
    }

    /// How often a case is done to take as long as it should.
    fn times(&self, case: &str) -> u32 {
        const SAMPLE: u32 = 200;
        let nanoseconds = run(case, SAMPLE, 1);
        (self.milliseconds * 1e6 / nanoseconds).max(1.0) as u32
    }
}

/// Nanoseconds that a case takes once, in a process of its own.
fn run(case: &str, times: u32, threads: usize) -> f64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["run", case, &times.to_string()])
        .args(["--threads", &threads.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{case} has failed");
    said.trim().parse().unwrap()
}
