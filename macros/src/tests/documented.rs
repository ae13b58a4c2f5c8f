//! `docs/expansions.md` is written here: real expansions, never by hand.
//!
//! After a change: `UPDATE_EXPECT=1 cargo test -p glassbox-macros documented`.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::examples::EXAMPLES;
use super::expand;
use crate::phase::options::OPTIONS;

const INTRODUCTION: &str = "\
# What the macros write

What `#[mcp_tool]`, `#[mcp_tools]`, `#[mcp_resource]`, `#[mcp_prompt]` and `#[phase]` expand to: data, and one call into
the runtime. This page is written by a test from the macros themselves
(`UPDATE_EXPECT=1 cargo test -p glassbox-macros documented`) and compared in every test run. What it costs to compile is
in [Benchmarks](benchmarks.md).
";

#[test]
fn the_page_shows_what_the_macros_write() {
    let mut page = INTRODUCTION.to_owned();
    for (title, notice, source) in EXAMPLES {
        let expansion = expand(source);
        write!(
            page,
            "\n## {title}\n\n{notice}\n\n```rust,ignore\n{source}\n```\n\nbecomes\n\n```rust,ignore\n{expansion}```\n"
        )
        .unwrap();
    }
    expect_file!["../../../docs/expansions.md"].assert_eq(&page);
}

/// The rows of a table whose first column is code.
fn rows(page: &str) -> Vec<&str> {
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .collect()
}

#[test]
fn every_option_of_a_phase_is_in_the_tables() {
    let of_phase = include_str!("../../docs/phase.md");
    let guide = include_str!("../../../docs/phases.md");
    for page in [of_phase, guide] {
        let rows = rows(page);
        for (name, _) in OPTIONS {
            let starts = [
                format!("| `{name} = "),
                format!("| `{name}("),
                format!("| `{name}`"),
            ];
            let is_there = rows
                .iter()
                .any(|row| starts.iter().any(|start| row.starts_with(start)));
            assert!(is_there, "`{name}` is in no table");
        }
    }
}

#[test]
fn every_option_is_read_as_it_is_said_to_be_written() {
    for (name, written) in OPTIONS {
        let written = written.replace("...", "value");
        let args = crate::phase::args::Args::read(written.parse().unwrap());
        assert!(args.is_ok(), "{name}: {:?}", args.err());
    }
}

/// A user names Glassbox among their dependencies, and nothing that it is made of.
#[test]
fn generated_code_names_no_crate_but_glassbox() {
    for (title, _, source) in EXAMPLES {
        let source = source.replace("crate = my_sdk::glassbox", "");
        let expansion = expand(&source);
        let words = expansion.split(|c: char| c.is_whitespace() || "(<&,[|!{".contains(c));
        let rooted: Vec<_> = words.filter_map(|word| word.strip_prefix("::")).collect();
        assert!(!rooted.is_empty(), "{title}: {expansion}");
        for path in rooted {
            let root = path.split("::").next().unwrap();
            assert!(
                matches!(root, "glassbox" | "core" | "std"),
                "{title}: ::{path}"
            );
        }
    }
}
