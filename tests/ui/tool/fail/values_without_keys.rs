//! Keys and values, written as other macros have them.

use glassbox::{mcp_tool, mcp_tools};

#[mcp_tool("Adds two numbers.")]
fn described(a: u32, b: u32) -> u32 {
    a + b
}

#[mcp_tool("math.add")]
fn named(a: u32, b: u32) -> u32 {
    a + b
}

#[mcp_tool(name: "add")]
fn with_a_colon(a: u32, b: u32) -> u32 {
    a + b
}

#[mcp_tool(name "add")]
fn with_nothing(a: u32, b: u32) -> u32 {
    a + b
}

#[mcp_tool(!destructive)]
fn negated(a: u32, b: u32) -> u32 {
    a + b
}

#[mcp_tool]
fn with_a_value(#[arg(5)] a: u32, #[arg("The second")] b: u32) -> u32 {
    a + b
}

#[mcp_tool]
fn without_a_value(#[arg(default = , minimum = 1)] a: u32, #[arg(maximum =)] b: u32) -> u32 {
    a + b
}

struct Math;

#[mcp_tools("math_")]
impl Math {
    #[mcp_tool]
    fn one(&self) -> u32 {
        1
    }
}

fn main() {}
