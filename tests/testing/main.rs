//! `glassbox::testing`: calls without a transport, spans as text, and what would leave.

mod calls;
mod exposure;
mod runtimes;
mod shop;
mod trees;
