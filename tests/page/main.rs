//! The page of a trace, and the consent page of the Gmail example, in a real browser.

mod browser;
mod consent;
mod fixture;
mod hostile;
mod keyboard;
mod looks;
mod screenshot;
mod sign_in;
mod traces;
mod waterfall;
