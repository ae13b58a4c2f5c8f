//! The tables of arguments in the documentation name what the parser accepts, all of it and nothing else.

use std::collections::BTreeSet;

use super::run;

const TOOL: &str = include_str!("../../docs/mcp_tool.md");
const TOOLS: &str = include_str!("../../docs/mcp_tools.md");
const RESOURCE: &str = include_str!("../../docs/mcp_resource.md");
const PROMPT: &str = include_str!("../../docs/mcp_prompt.md");

/// The words in the first column of the table under a heading of a macro's documentation.
fn documented(page: &str, heading: &str) -> BTreeSet<String> {
    let (_, below) = page.split_once(heading).unwrap();
    let rows = below
        .lines()
        .skip(1)
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
    assert_eq!(
        documented(TOOL, "# Arguments of `#[mcp_tool(...)]`"),
        accepted
    );
}

#[test]
fn the_table_of_arg_is_complete() {
    let accepted = accepted("#[mcp_tool] fn f(#[arg(qqqqqq)] a: u8) {}");
    assert!(accepted.contains("minimum"));
    assert_eq!(documented(TOOL, "# Arguments of `#[arg(...)]`"), accepted);
}

#[test]
fn the_table_of_mcp_tools_is_complete() {
    let accepted = accepted("#[mcp_tools(qqqqqq)] impl A { #[mcp_tool] fn f(&self) {} }");
    assert!(accepted.contains("prefix"));
    assert_eq!(documented(TOOLS, "# Arguments\n"), accepted);
}

#[test]
fn the_table_of_mcp_resource_is_complete() {
    let accepted = accepted("#[mcp_resource(\"a:b\", qqqqqq)] fn f() -> u8 {}");
    assert!(accepted.contains("mime_type"));
    let documented = documented(RESOURCE, "# Arguments of `#[mcp_resource(\"uri\", ...)]`");
    assert_eq!(documented, accepted);
}

#[test]
fn the_table_of_mcp_prompt_is_complete() {
    let accepted = accepted("#[mcp_prompt(qqqqqq)] fn f() -> u8 {}");
    assert!(accepted.contains("title"));
    assert_eq!(
        documented(PROMPT, "# Arguments of `#[mcp_prompt(...)]`"),
        accepted
    );
}

#[test]
fn the_table_of_a_prompts_arg_is_complete() {
    let accepted = accepted("#[mcp_prompt] fn f(#[arg(qqqqqq)] a: u8) -> u8 {}");
    assert!(accepted.contains("rename"));
    assert_eq!(
        documented(PROMPT, "# Arguments of a prompt's `#[arg(...)]`"),
        accepted
    );
}
