//! What calls hold in memory while they are in flight, and when they finish together while nobody reads:
//! `cargo bench -p glassbox-benches --bench memory`. Counted are bytes that are allocated and not yet free.

use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use glassbox_benches::peers::Peer;
use glassbox_benches::peers::work::GATE;
use glassbox_benches::pipe::{Pipe, line};
use glassbox_benches::request::{Ask, Call};

const PEERS: [Peer; 3] = [Peer::Bare, Peer::Glassbox, Peer::Obvious];
const CALLS: u32 = 10_000;
const CALL: Call = Call {
    spans: 6,
    ask: Ask::Detailed,
};
/// Calls that are made and answered before anything is measured.
const WARM_UP: u32 = 200;
/// How long answers may take to get as far as they can.
const SETTLED: Duration = Duration::from_secs(1);

/// Bytes of one call, on average.
struct Held {
    in_flight: f64,
    finished: f64,
    wire: f64,
}

fn main() {
    println!(
        "{CALLS} calls of {} spans, detailed; bytes a call\n",
        CALL.spans
    );
    println!("| server | in flight | finished, not sent | on the wire | finished to wire |");
    println!("|---|---:|---:|---:|---:|");
    let held = PEERS.map(|peer| {
        let held = hold(peer);
        let Held {
            in_flight,
            finished,
            wire,
        } = held;
        let (name, ratio) = (peer.name(), finished / wire);
        println!("| {name} | {in_flight:.0} | {finished:.0} | {wire:.0} | {ratio:.1} |");
        held
    });
    let [bare, glassbox, _] = held;
    let over = glassbox.in_flight - bare.in_flight;
    println!("\n| budget | | | at most |\n|---|---|---:|---:|");
    println!("| B10 | in flight, over bare | {over:.0} | 3000 |");
    let ratio = glassbox.finished / glassbox.wire;
    println!("| B10 | finished, to wire | {ratio:.1} | 2 |");
}

/// All in one thread, which is what is counted.
fn hold(peer: Peer) -> Held {
    let mut pipe = Pipe::open(peer);
    for id in 1..=WARM_UP {
        pipe.exchange(&line(CALL, id.into()));
    }
    GATE.close();
    let posted = measure(|| {
        for id in 1..=CALLS {
            pipe.post(&line(CALL, id.into()));
        }
        let all = usize::try_from(CALLS).unwrap();
        pipe.run_until(|| GATE.waiting() == all);
    });
    let ended = measure(|| {
        GATE.open();
        pipe.run_until(|| GATE.waiting() == 0);
        pipe.run_for(SETTLED);
    });
    let wire: usize = (0..CALLS).map(|_| pipe.next_line().len()).sum();
    let in_flight = each(&posted);
    Held {
        in_flight,
        finished: in_flight + each(&ended),
        wire: wire as f64 / f64::from(CALLS),
    }
}

/// What has come and stayed.
fn each(allocated: &AllocationInfo) -> f64 {
    allocated.bytes_current as f64 / f64::from(CALLS)
}
