//! The tables of arguments in the documentation name what the parser accepts, all of it and nothing else.

use std::collections::BTreeSet;

use super::run;

const SOURCE: &str = include_str!("../lib.rs");

/// The words in the first column of the table under a heading of `lib.rs`.
fn documented(heading: &str) -> BTreeSet<String> {
    let (_, below) = SOURCE.split_once(heading).unwrap();
    let rows = below
        .lines()
        .skip(1)
        .map(|line| line.trim_start_matches("///").trim());
    let rows = rows
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let mut words = BTreeSet::new();
    for row in rows.skip(2) {
        let first = row.split('|').nth(1).unwrap();
        for code in first.split('`').skip(1).step_by(2) {
            let word = code.split([' ', '=', '(']).next().unwrap();
            words.insert(word.to_owned());
        }
    }
    words
}

/// The words that the parser lists for one it does not know.
fn accepted(source: &str) -> BTreeSet<String> {
    let message = run(source).2.expect_err("an unknown argument").to_string();
    let (_, list) = message.split_once("accepted are ").expect(&message);
    list.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_table_of_mcp_tool_is_complete() {
    let accepted = accepted("#[mcp_tool(qqqqqq)] fn f() {}");
    assert!(accepted.contains("read_only"));
    assert_eq!(documented("# Arguments of `#[mcp_tool(...)]`"), accepted);
}

#[test]
fn the_table_of_arg_is_complete() {
    let accepted = accepted("#[mcp_tool] fn f(#[arg(qqqqqq)] a: u8) {}");
    assert!(accepted.contains("minimum"));
    assert_eq!(documented("# Arguments of `#[arg(...)]`"), accepted);
}
