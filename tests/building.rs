//! What contradicts itself is found when the server is built.

use glassbox::{Server, mcp_tool};

type Numbers = Vec<u8>;

#[mcp_tool]
fn bounded_list(#[arg(maximum = 3)] numbers: Numbers) -> usize {
    numbers.len()
}

#[mcp_tool(name = "twice")]
fn first() {}

#[mcp_tool(name = "twice")]
fn second() {}

struct Missing;

#[mcp_tool]
fn borrows(missing: &Missing) -> usize {
    size_of_val(missing)
}

type Small = u8;

#[mcp_tool]
fn default_out_of_bounds(#[arg(default = 1 + 8, maximum = 3)] number: Small) -> u8 {
    number
}

fn error(server: glassbox::ServerBuilder) -> String {
    server.build().unwrap_err().to_string()
}

#[test]
fn mistakes_are_named() {
    let server = || Server::builder("test", "1");
    for (mistake, expected) in [
        (error(Server::builder(" ", "1")), "the server has no name"),
        (
            error(server().tool::<first>().tool::<second>()),
            "two tools are named `twice`",
        ),
        (
            error(server().tool::<borrows>()),
            "tool `borrows` borrows `missing: &",
        ),
        (
            error(server().inject(1_u8).inject(2_u8)),
            "`u8` was injected twice",
        ),
        (
            error(server().tool::<bounded_list>()),
            "tool `bounded_list`: argument `numbers` has a minimum or maximum, but is no number: its type is array",
        ),
        (
            error(server().tool::<default_out_of_bounds>()),
            "tool `default_out_of_bounds`: argument `number` must be at most 3, but its default is 9",
        ),
    ] {
        assert!(mistake.starts_with(expected), "{mistake}");
    }
}
