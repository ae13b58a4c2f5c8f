//! `http`: what a call costs the server, over Streamable HTTP.

use clap::Args;
use glassbox_benches::peers::Peer;
use glassbox_benches::process::pin_self;
use glassbox_benches::request::{Ask, Call};
use glassbox_benches::subject::{Host, Subject};
use tokio::runtime::Builder;

/// Server CPU per call over Streamable HTTP: the server on one processor, the load on another
#[derive(Args, Debug)]
pub(crate) struct Http {
    /// Connections
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Spans that a call makes
    #[arg(long, default_value_t = 15)]
    spans: u32,
    /// Calls of each kind in a round
    #[arg(long, default_value_t = 4_000)]
    calls: usize,
    /// Rounds; kinds of calls take turns in each
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Compare with the Python reference, which `tests/benches/python/install` installs
    #[arg(long)]
    python: bool,
}

const ASKS: [Ask; 3] = [Ask::Off, Ask::Top, Ask::Detailed];

/// The Python server is so much slower that it gets fewer calls.
const PYTHON_SHARE: usize = 10;

impl Http {
    pub(crate) fn run(&self) {
        let peers = [Peer::Bare, Peer::Glassbox, Peer::Obvious, Peer::Tracing];
        let mut hosts: Vec<_> = peers.map(|peer| Host::start(peer, 1, "0")).into();
        if self.python {
            hosts.push(Host::python("0"));
        }
        pin_self(1);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut subjects = Vec::new();
        for host in &hosts {
            for ask in ASKS {
                let call = Call {
                    spans: self.spans,
                    ask,
                };
                subjects.push(Subject::new(&runtime, host, call, self.connections));
            }
        }
        // The first round warms up, and does not count.
        for round in 0..=self.rounds {
            for subject in &mut subjects {
                let share = if subject.host.name == "python" {
                    PYTHON_SHARE
                } else {
                    1
                };
                let calls = (self.calls / share).max(self.connections);
                if round == 0 {
                    subject.warm_up(&runtime, calls);
                } else {
                    subject.measure(&runtime, calls);
                }
            }
        }
        self.print(&subjects);
    }

    fn print(&self, subjects: &[Subject<'_>]) {
        println!(
            "{} connections, {} spans a call, {} rounds of {} calls; medians, in parentheses the least and the most; \
             ratios are to bare rmcp with the same request\n",
            self.connections, self.spans, self.rounds, self.calls
        );
        println!("| server | asked | CPU a call, us | ratio | calls/s | ratio | bytes |");
        println!("|---|---|---:|---:|---:|---:|---:|");
        for subject in subjects {
            let bare = subjects.iter().find(|bare| bare.call == subject.call);
            let Some(bare) = bare else { continue };
            println!(
                "| {} | {} | {} | {} | {} | {} | {} |",
                subject.host.name,
                subject.call.ask.name(),
                subject.cpu_us,
                subject.cpu_us.over(&bare.cpu_us),
                subject.calls_per_second,
                subject.calls_per_second.over(&bare.calls_per_second),
                subject.answer_bytes,
            );
        }
        println!("\n| budget | | to | ratio | |");
        println!("|---|---|---|---:|---:|");
        let named = |name, ask| {
            let mut subjects = subjects.iter();
            subjects.find(|subject| subject.host.name == name && subject.call.ask == ask)
        };
        for (number, ask, most) in [("B1", Ask::Detailed, 1.6), ("B2", Ask::Top, 1.4)] {
            if let (Some(ours), Some(bare)) = (named("glassbox", ask), named("bare", ask)) {
                let ratio = ours.cpu_us.over(&bare.cpu_us);
                let ask = ask.name();
                println!("| {number} | CPU, {ask} | bare | {ratio} | at most {most} |");
            }
        }
        let [ours, python] = ["glassbox", "python"].map(|name| named(name, Ask::Detailed));
        if let (Some(ours), Some(python)) = (ours, python) {
            let ratio = ours.calls_per_second.over(&python.calls_per_second);
            let least = if self.connections == 1 { 20 } else { 60 };
            println!("| B9 | calls/s, detailed | python | {ratio} | at least {least} |");
            // What the calls a second would be if the server's processor were all there is to wait for.
            let ratio = python.cpu_us.over(&ours.cpu_us);
            println!("| | python's CPU, detailed | glassbox | {ratio} | |");
        }
    }
}
