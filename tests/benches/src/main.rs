//! What Glassbox costs, beside other ways to serve the same tools: `cargo run --release -p glassbox-benches -- --help`.

mod commands;

use std::process::ExitCode;

use clap::Parser;

use self::commands::balance::Balance;
use self::commands::budgets::Budgets;
use self::commands::criterion::Criterion;
use self::commands::document::Document;
use self::commands::http::Http;
use self::commands::instructions::Instructions;
use self::commands::run::Run;
use self::commands::scaling::Scaling;
use self::commands::serve::Serve;
use self::commands::wrk::Wrk;

/// Measures what Glassbox costs, beside other ways to serve the same tools
#[derive(Debug, Parser)]
#[command(name = "bench")]
enum Command {
    Balance(Balance),
    Budgets(Budgets),
    Criterion(Criterion),
    Document(Document),
    Http(Http),
    Instructions(Instructions),
    Run(Run),
    Scaling(Scaling),
    Serve(Serve),
    Wrk(Wrk),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Balance(balance) => balance.run(),
        Command::Budgets(budgets) => budgets.run(),
        Command::Criterion(criterion) => criterion.run(),
        Command::Document(document) => document.run(),
        Command::Http(http) => http.run(),
        Command::Instructions(instructions) => return instructions.run(),
        Command::Run(run) => run.run(),
        Command::Scaling(scaling) => scaling.run(),
        Command::Serve(serve) => serve.run(),
        Command::Wrk(wrk) => wrk.run(),
    }
    ExitCode::SUCCESS
}
