//! The page of a trace, in a real browser.

mod browser;
mod fixture;
mod hostile;
mod keyboard;
mod looks;
mod screenshot;
mod traces;
mod waterfall;
