//! What is measured in this process: each case is a piece of work that is done again and again, by whichever instrument.

mod call;
mod client;
mod encode;
mod meta;
mod record;

pub use self::encode::{proto_bytes, text_bytes};

/// A piece of work.
#[derive(Clone, Copy)]
pub struct Case {
    /// What it is called.
    pub name: &'static str,
    /// Prepares the work. What is returned does it once.
    pub prepare: fn() -> Work,
}

/// Does a piece of work once.
pub type Work = Box<dyn FnMut()>;

/// A budget: a case, its peer, and how many times the peer it may cost.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Its number.
    pub number: &'static str,
    /// What is measured.
    pub case: &'static str,
    /// Beside what.
    pub peer: &'static str,
    /// How many times as much, at most.
    pub most: f64,
    /// Threads that do it at the same time.
    pub threads: usize,
    /// What both only do to be measured, and which does not count.
    pub less: Option<&'static str>,
}

/// All cases.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        encode::CASES.as_slice(),
        &record::CASES,
        &meta::CASES,
        &call::CASES,
        &client::CASES,
    ]
    .concat()
}

/// The case of this name.
#[must_use]
pub fn named(name: &str) -> Option<Case> {
    all().into_iter().find(|case| case.name == name)
}

/// The budgets that cases of this process answer for.
pub const BUDGETS: [Budget; 9] = [
    budget("B3", "call/glassbox/off", "call/bare", 1.12),
    budget("B4", "call/exporting/glassbox", "call/exporting/sdk", 1.05),
    Budget {
        less: Some("encode/16/copy"),
        ..budget("B5", "encode/16/glassbox", "encode/16/proto", 0.125)
    },
    Budget {
        less: Some("encode/128/copy"),
        ..budget("B5", "encode/128/glassbox", "encode/128/proto", 0.125)
    },
    budget("B6", "span/collected", "span/sdk", 1.4),
    Budget {
        threads: 2,
        ..budget("B6", "span/collected", "span/sdk", 1.4)
    },
    budget("B7", "phase/collected", "phase/tracing", 0.25),
    budget("B8", "meta/glassbox", "meta/sdk", 0.5),
    budget("B13", "client/glassbox", "client/rmcp", 2.0),
];

const fn budget(number: &'static str, case: &'static str, peer: &'static str, most: f64) -> Budget {
    Budget {
        number,
        case,
        peer,
        most,
        threads: 1,
        less: None,
    }
}
