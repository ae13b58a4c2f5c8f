//! `document`: everything is measured, and put where the document has it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;

const DOCUMENT: &str = "docs/benchmarks.md";
const START: &str = "<!-- cargo ";
const START_END: &str = " -->";
const END: &str = "<!-- end -->";

/// Measure everything, and renew the tables of docs/benchmarks.md
#[derive(Args, Debug)]
pub(crate) struct Document {
    /// Only tables of commands that hold this text
    #[arg(long, default_value = "")]
    only: String,
}

impl Document {
    /// Between a line `<!-- cargo ARGUMENTS -->` and a line `<!-- end -->` goes what that command prints.
    pub(crate) fn run(&self) {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .unwrap();
        let path = repository.join(DOCUMENT);
        let text = fs::read_to_string(&path).unwrap();
        let mut renewed = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let _ = writeln!(renewed, "{line}");
            let arguments = line
                .strip_prefix(START)
                .and_then(|rest| rest.strip_suffix(START_END))
                .filter(|arguments| arguments.contains(&self.only));
            if let Some(arguments) = arguments {
                assert!(lines.any(|line| line == END), "no `{END}` after {line}");
                eprintln!("cargo {arguments}");
                let _ = writeln!(renewed, "\n{}\n\n{END}", output(repository, arguments));
            }
        }
        fs::write(&path, renewed).unwrap();
    }
}

fn output(directory: &Path, arguments: &str) -> String {
    let output = Command::new("cargo")
        .args(arguments.split(' '))
        .current_dir(directory)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "`cargo {arguments}` has failed");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
