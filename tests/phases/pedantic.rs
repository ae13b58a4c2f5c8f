//! What users write causes no lint of Clippy that it would not cause without `#[phase]`.
//!
//! The code is that of the tests for the compiler; `cargo clippy` looks at it here.
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(
    clippy::future_not_send,
    clippy::manual_async_fn,
    clippy::missing_const_for_fn,
    clippy::unused_self,
    reason = "the code itself is so, without a phase as well"
)]

#[path = "../ui/phase/pass/options.rs"]
mod options;
#[path = "../ui/phase/pass/places.rs"]
mod places;
#[path = "../ui/phase/pass/returned.rs"]
mod returned;

#[test]
fn it_runs_as_well() {
    options::main();
    places::main();
    returned::main();
}
