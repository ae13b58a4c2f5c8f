//! `scaling`: how the cost of a call changes with connections, threads and spans.

use std::path::PathBuf;

use clap::Args;
use glassbox_benches::chart::{Chart, Line};
use glassbox_benches::peers::Peer;
use glassbox_benches::process::pin_self;
use glassbox_benches::request::{Ask, Call};
use glassbox_benches::subject::{Host, Subject};
use tokio::runtime::{Builder, Runtime};

const PEERS: [Peer; 3] = [Peer::Bare, Peer::Glassbox, Peer::Obvious];
const CONNECTIONS: [usize; 4] = [1, 16, 64, 512];
const SPANS: [u32; 8] = [1, 6, 15, 30, 60, 120, 250, 1_000];

/// Calls of each connection in a round, at least.
const MIN_CALLS: usize = 4;

/// Cost of a detailed call over Streamable HTTP, by connections, threads and spans
#[derive(Args, Debug)]
pub(crate) struct Scaling {
    /// Calls of each kind in a round; of many spans fewer
    #[arg(long, default_value_t = 2_000)]
    calls: usize,
    /// Rounds; kinds of calls take turns in each
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where the chart of cost by spans goes
    #[arg(long)]
    chart: Option<PathBuf>,
}

impl Scaling {
    pub(crate) fn run(&self) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        println!(
            "{} rounds; medians, in parentheses the least and the most; us of CPU a call, detailed; ratios are to bare \
             rmcp",
            self.rounds
        );
        {
            let hosts = PEERS.map(|peer| Host::start(peer, 2, "0,1"));
            println!("\n| two threads, connections | bare | glassbox | ratio | obvious | ratio |");
            println!("|---:|---:|---:|---:|---:|---:|");
            for connections in CONNECTIONS {
                let subjects = self.measure(&runtime, &hosts, 15, connections);
                print(&connections.to_string(), &subjects);
            }
        }
        let hosts = PEERS.map(|peer| Host::start(peer, 1, "0"));
        pin_self(1);
        println!("\n| one thread, connections | bare | glassbox | ratio | obvious | ratio |");
        println!("|---:|---:|---:|---:|---:|---:|");
        for connections in CONNECTIONS {
            let subjects = self.measure(&runtime, &hosts, 15, connections);
            print(&connections.to_string(), &subjects);
        }
        println!("\n| one thread, spans | bare | glassbox | ratio | obvious | ratio |");
        println!("|---:|---:|---:|---:|---:|---:|");
        let mut lines = PEERS.map(|peer| Line {
            name: peer.name(),
            points: Vec::new(),
        });
        for spans in SPANS {
            let subjects = self.measure(&runtime, &hosts, spans, 16);
            print(&spans.to_string(), &subjects);
            for (line, subject) in lines.iter_mut().zip(&subjects) {
                line.points
                    .push((f64::from(spans), subject.cpu_us.median()));
            }
        }
        if let Some(path) = &self.chart {
            let chart = Chart {
                title: "Server CPU of a detailed call over Streamable HTTP",
                x: "spans a call",
                y: "us a call",
                lines: &lines,
            };
            std::fs::write(path, chart.to_svg()).unwrap();
        }
    }

    /// Detailed calls of each server, in turns.
    fn measure<'a>(
        &self,
        runtime: &Runtime,
        hosts: &'a [Host; 3],
        spans: u32,
        connections: usize,
    ) -> [Subject<'a>; 3] {
        let call = Call {
            spans,
            ask: Ask::Detailed,
        };
        let many = usize::try_from(spans / 60).unwrap_or(0).max(1);
        // Of a few calls, the system hardly knows what they took.
        let calls = (self.calls / many).max(MIN_CALLS * connections);
        let mut subjects = hosts
            .each_ref()
            .map(|host| Subject::new(runtime, host, call, connections));
        for subject in &mut subjects {
            subject.warm_up(runtime, calls);
        }
        for _ in 0..self.rounds {
            for subject in &mut subjects {
                subject.measure(runtime, calls);
            }
        }
        subjects
    }
}

fn print(what: &str, [bare, glassbox, obvious]: &[Subject<'_>; 3]) {
    println!(
        "| {what} | {} | {} | {} | {} | {} |",
        bare.cpu_us,
        glassbox.cpu_us,
        glassbox.cpu_us.over(&bare.cpu_us),
        obvious.cpu_us,
        obvious.cpu_us.over(&bare.cpu_us),
    );
}
