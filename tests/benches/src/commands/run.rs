//! `run`: one case so many times, for an instrument that watches the process.

use std::thread;
use std::time::Duration;

use clap::Args;
use glassbox_benches::cases::{self, Case};
use nix::time::{ClockId, clock_gettime};

/// Do a case so many times, and say how many nanoseconds of a processor each took
#[derive(Args, Debug)]
pub(crate) struct Run {
    case: String,
    times: u32,
    /// Threads that do it at the same time
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

impl Run {
    pub(crate) fn run(&self) {
        let case = cases::named(&self.case).unwrap_or_else(|| {
            let names: Vec<_> = cases::all().iter().map(|case| case.name).collect();
            panic!("there is no case `{}`; there are {names:?}", self.case);
        });
        let took: Duration = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|_| scope.spawn(|| repeat(case, self.times)))
                .collect();
            let took = threads.into_iter().map(|thread| thread.join().unwrap());
            took.sum()
        });
        let times = f64::from(self.times) * self.threads as f64;
        println!("{:.1}", took.as_secs_f64() * 1e9 / times);
    }
}

/// Time of a processor that the work took.
fn repeat(case: Case, times: u32) -> Duration {
    let mut work = (case.prepare)();
    let before = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    for _ in 0..times {
        work();
    }
    let after = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    (after - before).into()
}
