//! The unit tests of the soak. Cargo builds an example as a program or as its tests, not as both; the short soak in
//! `tests/soak.rs` needs the program.

#![expect(dead_code, reason = "the program is not run here")]

mod bare;
mod calls;
mod check;
mod cli;
mod host;
mod lane;
mod memory;
mod plan;
mod report;
mod run;
mod tally;
mod tools;
