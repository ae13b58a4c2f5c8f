//! Runs of cargo, and the time they spend on processors.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::sources::Subject;

/// A step that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// `cargo check` after a change of one body, with what the last one left.
    Check,
    /// `cargo check` with nothing to do: what cargo looks at by itself.
    Fresh,
    /// `cargo build` after a change of one body, with what the last one left.
    Build,
    /// `cargo build --release` of the crate, from nothing but its dependencies.
    Release,
}

impl Step {
    /// In the order of the table. A check that finds nothing to do comes after one.
    pub(crate) const ALL: [Self; 4] = [Self::Check, Self::Fresh, Self::Build, Self::Release];

    /// What the table calls it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Check => "`cargo check` after a change",
            Self::Fresh => "`cargo check`, nothing changed",
            Self::Build => "`cargo build` after a change",
            Self::Release => "`cargo build --release`",
        }
    }
}

/// The workspace of the subjects.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// Runs a step, and returns the time cargo and the compiler spent on processors.
    pub(crate) fn measure(&self, subject: Subject, step: Step) -> Result<Duration, Box<dyn Error>> {
        let mut cargo = self.cargo("build");
        match step {
            Step::Check | Step::Fresh => cargo.args(["check", "--package"]),
            Step::Build => cargo.args(["build", "--package"]),
            Step::Release => cargo.args(["build", "--release", "--package"]),
        };
        cargo.arg(subject.package());
        let before = spent()?;
        run(&mut cargo)?;
        Ok(spent()?.saturating_sub(before))
    }

    /// How many lines the compiler sees once all macros are expanded.
    pub(crate) fn expanded_lines(&self, subject: Subject) -> Result<usize, Box<dyn Error>> {
        // Build scripts look at `RUSTC_BOOTSTRAP`: dependencies that are measured with should not change with it.
        let mut cargo = self.cargo("expanded");
        cargo
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["rustc", "--profile", "check", "--package"])
            .arg(subject.package())
            .args(["--", "-Zunpretty=expanded"]);
        let text = String::from_utf8(run(&mut cargo)?.stdout)?;
        Ok(text.lines().filter(|line| !line.trim().is_empty()).count())
    }

    fn cargo(&self, target: &str) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .current_dir(&self.root)
            .env_remove("CARGO_INCREMENTAL")
            .env("CARGO_TARGET_DIR", Path::new(&self.root).join(target))
            .arg("--quiet");
        command
    }
}

fn run(command: &mut Command) -> Result<Output, Box<dyn Error>> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{complaint}", output.status).into())
}

/// User and system time of all processes that this one has waited for, and of those that they have.
fn spent() -> Result<Duration, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    #[allow(clippy::useless_conversion, reason = "an `i32` on other systems")]
    let microseconds = |time: TimeVal| time.tv_sec() * 1_000_000 + i64::from(time.tv_usec());
    let both = microseconds(usage.user_time()) + microseconds(usage.system_time());
    Ok(Duration::from_micros(both.try_into()?))
}
