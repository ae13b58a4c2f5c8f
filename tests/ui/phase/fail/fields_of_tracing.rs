//! What `#[instrument]` of `tracing` has, and a phase does not.

use glassbox::phase;

#[phase("math.add", math.a = %a, math.b = ?b)]
fn displayed(a: u32, b: u32) -> u32 {
    a + b
}

#[phase(skip_all, level = "debug", fields(a), err, ret)]
fn optioned(a: u32, b: u32) -> u32 {
    a + b
}

#[phase(format!("add {a}"))]
fn formatted(a: u32, b: u32) -> u32 {
    a + b
}

#[phase("math.add", a)]
fn short(a: u32, b: u32) -> u32 {
    a + b
}

#[phase("math.add" math.a = a)]
fn without_a_comma(a: u32, b: u32) -> u32 {
    a + b
}

fn main() {}
