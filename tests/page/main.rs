//! The page of a trace, in a real browser.

#[path = "../../runtime/src/analysis/fixture.rs"]
#[expect(
    dead_code,
    reason = "shared with the unit tests of analysis and rendering"
)]
mod fixture;

mod browser;
mod hostile;
mod keyboard;
mod looks;
mod screenshot;
mod traces;
mod waterfall;
