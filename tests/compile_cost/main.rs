//! What a tool costs to compile, beside the same tool with rmcp's own macros.
//!
//! `cargo run -p glassbox-tests --features compile-cost --bin compile_cost -- ROUNDS` writes crates with 1, 20 and
//! 100 tools into the target directory, builds their dependencies, then measures, and prints the table of
//! `docs/benchmarks.md`. Times are those of processors, not of the clock, and the two kinds of crates take turns:
//! what else the machine does weighs on both alike.

mod cargo;
mod sources;
mod table;

use std::error::Error;
use std::path::Path;

use self::cargo::{Step, Workspace};
use self::sources::{Sdk, Subject};
use self::table::Row;

const TOOLS: [usize; 3] = [1, 20, 100];
const DEFAULT_ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = match std::env::args().nth(1) {
        Some(rounds) => rounds.parse()?,
        None => DEFAULT_ROUNDS,
    };
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("the tests are in no repository")?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), Into::into);
    let root = target.join("compile-cost");
    let pairs = TOOLS.map(|tools| [Sdk::Glassbox, Sdk::Rmcp].map(|sdk| Subject { sdk, tools }));
    sources::workspace(&root, repository, pairs.as_flattened())?;
    let workspace = Workspace { root };

    let mut rows = Vec::new();
    for [ours, theirs] in pairs {
        let lines = [
            workspace.expanded_lines(ours)?,
            workspace.expanded_lines(theirs)?,
        ];
        eprintln!("{} tools: {lines:?} lines", ours.tools);
        rows.push(Row {
            tools: ours.tools,
            lines,
            times: Default::default(),
        });
    }
    for step in Step::ALL {
        // The first round builds dependencies and caches, and does not count.
        for round in 0..=rounds {
            for (row, pair) in rows.iter_mut().zip(pairs) {
                for (side, subject) in pair.into_iter().enumerate() {
                    if step != Step::Fresh {
                        subject.write(&workspace.root, round)?;
                    }
                    let time = workspace.measure(subject, step)?;
                    eprintln!(
                        "{step:?}, round {round} of {rounds}: {} took {time:?}",
                        subject.package()
                    );
                    if round > 0 {
                        row.times[step as usize][side].0.push(time);
                    }
                }
            }
        }
    }
    println!("{}", table::tables(&rows));
    Ok(())
}
