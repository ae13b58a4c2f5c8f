//! Calls of a server on a pipe, in this process.

use super::{Case, Work};
use crate::peers::Peer;
use crate::pipe::{Pipe, line};
use crate::request::{Ask, Call};

const SPANS: u32 = 15;

pub(super) const CASES: [Case; 9] = [
    case("call/bare", || call(Peer::Bare, Ask::Off)),
    case("call/glassbox/off", || call(Peer::Glassbox, Ask::Off)),
    case("call/glassbox/top", || call(Peer::Glassbox, Ask::Top)),
    case("call/glassbox/detailed", || {
        call(Peer::Glassbox, Ask::Detailed)
    }),
    case("call/obvious/off", || call(Peer::Obvious, Ask::Off)),
    case("call/obvious/top", || call(Peer::Obvious, Ask::Top)),
    case("call/obvious/detailed", || {
        call(Peer::Obvious, Ask::Detailed)
    }),
    case("call/exporting/glassbox", || {
        call(Peer::GlassboxExporting, Ask::Off)
    }),
    case("call/exporting/sdk", || call(Peer::Sdk, Ask::Off)),
];

const fn case(name: &'static str, prepare: fn() -> Work) -> Case {
    Case { name, prepare }
}

fn call(peer: Peer, ask: Ask) -> Work {
    let call = Call { spans: SPANS, ask };
    let mut pipe = Pipe::open(peer);
    pipe.check(call, ask.expected(SPANS));
    let line = line(call, 1);
    Box::new(move || {
        pipe.exchange(&line);
    })
}
