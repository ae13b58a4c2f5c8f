//! `wrk`: the calls of `http` once more, made by a load generator of others.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use glassbox_benches::load::{self, Done};
use glassbox_benches::peers::Peer;
use glassbox_benches::process::pinned;
use glassbox_benches::request::{Ask, Call};
use glassbox_benches::stats::Figures;
use glassbox_benches::subject::{Host, Subject};
use tokio::runtime::Builder;

/// Calls a second and server CPU per call over Streamable HTTP, with wrk as load
#[derive(Args, Debug)]
pub(crate) struct Wrk {
    /// Connections
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Seconds of load on each kind of calls in a round
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Rounds; kinds of calls take turns in each
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

const SPANS: u32 = 15;
const PEERS: [Peer; 3] = [Peer::Bare, Peer::Glassbox, Peer::Obvious];
const ASKS: [Ask; 3] = [Ask::Off, Ask::Top, Ask::Detailed];

/// What wrk says at its end: answers, of which some were errors, in how many microseconds, and how long one took.
const REPORT: &str = r#"
done = function(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    print(string.format("glassbox %d %d %d %d %d", summary.requests, failed, summary.duration,
        latency:percentile(50), latency:percentile(99)))
end
"#;

/// A kind of calls, and how long wrk has waited for an answer.
struct Measured<'a> {
    subject: Subject<'a>,
    script: Script,
    median_us: Figures,
    p99_us: Figures,
}

impl Wrk {
    pub(crate) fn run(&self) {
        let hosts = PEERS.map(|peer| Host::start(peer, 1, "0"));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut all = Vec::new();
        for host in &hosts {
            for ask in ASKS {
                let call = Call { spans: SPANS, ask };
                let name = format!("{}-{}", host.name, all.len());
                all.push(Measured {
                    subject: Subject::new(&runtime, host, call, self.connections),
                    script: Script::new(&name, call),
                    median_us: Figures::default(),
                    p99_us: Figures::default(),
                });
            }
        }
        for measured in &mut all {
            measured.subject.warm_up(&runtime, 1_000);
        }
        for _ in 0..self.rounds {
            for measured in &mut all {
                self.measure(measured);
            }
        }
        self.print(&all);
    }

    fn measure(&self, measured: &mut Measured<'_>) {
        let Measured {
            subject,
            script,
            median_us,
            p99_us,
        } = measured;
        subject.measure_by(|address| {
            let report = self.load(script, address);
            median_us.0.push(report.median_us);
            p99_us.0.push(report.p99_us);
            report.done
        });
    }

    /// Runs wrk once.
    fn load(&self, script: &Script, address: SocketAddr) -> Report {
        let mut command = pinned("1", "wrk".as_ref());
        command.args(["-t", "1", "-c", &self.connections.to_string()]);
        command.args(["-d", &format!("{}s", self.seconds), "-s"]);
        command
            .arg(&script.path)
            .arg(format!("http://{address}/mcp"));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let said = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        Report::read(&said).unwrap_or_else(|| panic!("wrk cannot be run (install wrk): {said}"))
    }

    fn print(&self, all: &[Measured<'_>]) {
        println!(
            "{} connections, {SPANS} spans a call, {} rounds of {} s; medians, in parentheses the least and the most; \
             ratios are to bare rmcp with the same request\n",
            self.connections, self.rounds, self.seconds
        );
        println!(
            "| server | asked | calls/s | ratio | CPU a call, us | ratio | answer, us, median | 99 % |"
        );
        println!("|---|---|---:|---:|---:|---:|---:|---:|");
        for measured in all {
            let subject = &measured.subject;
            let mut others = all.iter().map(|other| &other.subject);
            let Some(bare) = others.find(|bare| bare.call == subject.call) else {
                continue;
            };
            println!(
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                subject.host.name,
                subject.call.ask.name(),
                subject.calls_per_second,
                subject.calls_per_second.over(&bare.calls_per_second),
                subject.cpu_us,
                subject.cpu_us.over(&bare.cpu_us),
                measured.median_us,
                measured.p99_us,
            );
        }
    }
}

/// What wrk has said.
struct Report {
    done: Done,
    median_us: f64,
    p99_us: f64,
}

impl Report {
    fn read(said: &str) -> Option<Self> {
        let line = said
            .lines()
            .find_map(|line| line.strip_prefix("glassbox "))?;
        let numbers: Vec<u32> = line.split(' ').map(|word| word.parse().unwrap()).collect();
        let [calls, failed, took_us, median_us, p99_us] = numbers.as_slice() else {
            return None;
        };
        assert_eq!(*failed, 0, "calls have failed: {said}");
        Some(Self {
            done: Done {
                calls: usize::try_from(*calls).ok()?,
                took: Duration::from_micros((*took_us).into()),
                answer_bytes: 0,
            },
            median_us: (*median_us).into(),
            p99_us: (*p99_us).into(),
        })
    }
}

/// Has wrk make a call again and again, until this is dropped.
struct Script {
    path: PathBuf,
}

impl Script {
    fn new(name: &str, call: Call) -> Self {
        let name = format!("glassbox-wrk-{}-{name}.lua", std::process::id());
        let path = std::env::temp_dir().join(name);
        let request = load::stateless(call);
        let request = String::from_utf8_lossy(&request);
        // Lua reads the escapes that Rust writes.
        let script =
            format!("local call = {request:?}\nrequest = function() return call end\n{REPORT}");
        fs::write(&path, script).unwrap();
        Self { path }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
