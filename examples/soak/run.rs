//! The run, and what comes of it.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::calls::Calls;
use crate::cli::Options;
use crate::host::Host;
use crate::lane::{Failure, Lane};
use crate::memory::{megabytes, resident_bytes};
use crate::plan::Plan;
use crate::report::{self, Progress, Sample};
use crate::tally::Tally;
use crate::tools;

/// Rows of the table.
const ROWS: u64 = 10;
/// How often is looked whether a row is due.
const TICK: Duration = Duration::from_millis(20);
/// How long calls that lost their client may take to be given up: rmcp gives
/// those on a pipe 5 seconds.
const MAX_SETTLING: Duration = Duration::from_secs(60);
/// How long one call may take, until it has been answered, cancelled or cut off. They take milliseconds: a call that
/// takes longer is lost, and the run would wait for it forever.
const PATIENCE: Duration = Duration::from_secs(120);
const MEGABYTE: u64 = 1_000_000;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
}

/// What all workers share.
#[derive(Debug)]
struct Soak {
    host: Host,
    calls: Calls,
    tally: Tally,
}

impl Soak {
    fn sample(&self) -> Sample {
        Sample {
            calls: self.tally.done(),
            resident_bytes: resident_bytes(),
            open_spans: self.host.open_spans(),
            inside: self.calls.inside(),
            late: self.calls.late(),
            wrong: self.tally.wrong(),
        }
    }
}

/// Makes the calls, prints the table and the verdict.
pub(crate) async fn run(options: &Options) -> Result<Verdict, Failure> {
    tools::silence_planned_panics();
    let calls = Calls::default();
    let host = Host::start(calls.clone(), options.transport, options.bare).await?;
    let soak = Arc::new(Soak {
        host,
        calls,
        tally: Tally::default(),
    });
    let progress = Progress::new();
    progress.say("planned panics are not shown; an answer that is not right is");
    let started = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..options.concurrency {
        let lane = Lane::open(&soak.host, options.transport).await?;
        workers.spawn(work(
            Arc::clone(&soak),
            lane,
            options.calls,
            options.seed,
            options.bare,
        ));
    }
    let mut out = io::stdout();
    let warm = watch(&soak, options.calls, &mut workers, &progress, &mut out).await?;
    let took = started.elapsed();
    progress.say("all calls are done; waiting for those that lost their client to be given up");
    let end = settle(&soak).await;
    judge(options, &soak.tally, warm, &end, took, &mut out)
}

/// Makes calls until there are no more.
async fn work(
    soak: Arc<Soak>,
    mut lane: Lane,
    calls: u64,
    seed: u64,
    is_bare: bool,
) -> Result<(), Failure> {
    while let Some(number) = soak.tally.next(calls) {
        let plan = Plan::of(number, seed);
        let outcome = in_time(lane.run(&plan, &soak.calls, is_bare)).await;
        let outcome = outcome.map_err(|error| {
            format!(
                "call {number} ({}) did not come to its end: {error}",
                plan.kind.label()
            )
        })?;
        soak.tally.count(number, plan.kind, outcome);
    }
    Ok(())
}

async fn in_time<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| format!("nothing has come of it in {} s", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, call).await.map_err(late)?
}

/// Prints a row each time one is due. Gives the first one: by then all has been
/// allocated that is needed once.
async fn watch(
    soak: &Soak,
    calls: u64,
    workers: &mut JoinSet<Result<(), Failure>>,
    progress: &Progress,
    out: &mut impl Write,
) -> Result<Sample, Failure> {
    report::heading(out)?;
    let (mut last, mut since) = (0, Instant::now());
    let mut rows = Vec::new();
    let mut tick = tokio::time::interval(TICK);
    loop {
        let is_over = tokio::select! {
            ended = workers.join_next() => match ended {
                Some(ended) => {
                    ended??;
                    false
                }
                None => true,
            },
            _ = tick.tick() => false,
        };
        let done = soak.tally.done();
        let is_due = done * ROWS / calls > last * ROWS / calls;
        if is_due || is_over && rows.is_empty() {
            let sample = soak.sample();
            report::row(out, &sample, sample.calls - last, since.elapsed())?;
            (last, since) = (sample.calls, Instant::now());
            rows.push(sample);
        }
        progress.show(done, calls);
        if is_over {
            return rows
                .first()
                .copied()
                .ok_or_else(|| "no call was made".into());
        }
    }
}

/// Waits until the server has nothing left to do, and says what it is left with
/// then.
async fn settle(soak: &Soak) -> Sample {
    let mut tick = tokio::time::interval(TICK);
    let started = Instant::now();
    loop {
        tick.tick().await;
        let sample = soak.sample();
        let is_empty = sample.open_spans + sample.inside + sample.late == 0;
        if is_empty || started.elapsed() > MAX_SETTLING {
            return sample;
        }
    }
}

fn judge(
    options: &Options,
    tally: &Tally,
    warm: Sample,
    end: &Sample,
    took: Duration,
    out: &mut impl Write,
) -> Result<Verdict, Failure> {
    let calls = tally.done();
    writeln!(
        out,
        "\n{calls} calls in {} s, {} calls/s:",
        took.as_secs(),
        report::rate(calls, took)
    )?;
    report::kinds(out, tally)?;
    let mut failures = tally.mistakes();
    let shown = u64::try_from(failures.len()).unwrap_or(u64::MAX);
    if tally.wrong() > shown {
        failures.push(format!(
            "{} more answers were not right",
            tally.wrong() - shown
        ));
    }
    if end.open_spans + end.inside + end.late > 0 {
        failures.push(format!(
            "{} spans are open, {} calls are inside and {} tasks are late, {} s after the last call",
            end.open_spans,
            end.inside,
            end.late,
            MAX_SETTLING.as_secs()
        ));
    }
    if let (Some(warm_bytes), Some(end_bytes)) = (warm.resident_bytes, end.resident_bytes) {
        let grown = end_bytes.saturating_sub(warm_bytes);
        writeln!(
            out,
            "\nmemory: {} MB after {} calls, {} MB at the end, {} bytes a call; bound: {} MB more",
            megabytes(warm_bytes),
            warm.calls,
            megabytes(end_bytes),
            grown / calls.saturating_sub(warm.calls).max(1),
            options.max_growth_mb
        )?;
        if grown > options.max_growth_mb.saturating_mul(MEGABYTE) {
            failures.push(format!("memory grew by {} MB", megabytes(grown)));
        }
    }
    writeln!(
        out,
        "at the end: {} spans open, {} calls inside, {} tasks late",
        end.open_spans, end.inside, end.late
    )?;
    for failure in &failures {
        writeln!(out, "wrong: {failure}")?;
    }
    if failures.is_empty() {
        writeln!(out, "passed")?;
        Ok(Verdict::Passed)
    } else {
        writeln!(out, "failed")?;
        Ok(Verdict::Failed)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::plan::Kind;

    const AT: Sample = Sample {
        calls: 0,
        resident_bytes: Some(10 * MEGABYTE),
        open_spans: 0,
        inside: 0,
        late: 0,
        wrong: 0,
    };

    fn verdict(tally: &Tally, end: &Sample) -> Verdict {
        let options = Options::parse_from(["soak", "--max-growth-mb", "2"]);
        let took = Duration::from_secs(1);
        judge(&options, tally, AT, end, took, &mut Vec::new()).unwrap_or(Verdict::Failed)
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_lost_ends_the_run_and_does_not_hang_it() {
        let lost = in_time(std::future::pending::<Result<(), Failure>>()).await;
        let said = lost.unwrap_err().to_string();
        assert_eq!(said, "nothing has come of it in 120 s");
        assert_eq!(in_time(async { Ok(1) }).await.ok(), Some(1));
    }

    #[test]
    fn whatever_is_left_behind_is_a_failure() {
        let growing = |bytes| Sample {
            resident_bytes: Some(10 * MEGABYTE + bytes),
            ..AT
        };
        let tally = Tally::default();
        assert_eq!(verdict(&tally, &growing(2 * MEGABYTE)), Verdict::Passed);
        assert_eq!(verdict(&tally, &growing(2 * MEGABYTE + 1)), Verdict::Failed);
        let open = Sample {
            open_spans: 1,
            ..AT
        };
        assert_eq!(verdict(&tally, &open), Verdict::Failed);
        let late = Sample { late: 1, ..AT };
        assert_eq!(verdict(&tally, &late), Verdict::Failed);
        tally.count(1, Kind::Ok, Ok(()));
        assert_eq!(verdict(&tally, &AT), Verdict::Passed);
        tally.count(2, Kind::Ok, Err("has no spans".to_owned()));
        assert_eq!(verdict(&tally, &AT), Verdict::Failed);
    }
}
