//! The Gmail example.
fn main() {}
