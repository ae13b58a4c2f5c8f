//! The README shows code that exists.

const README: &str = include_str!("../../README.md");
const SERVER: &str = include_str!("../gmail/server.rs");

#[test]
fn the_tool_in_the_readme_is_the_one_in_the_example() {
    let start = README.find("/// List recent emails").unwrap();
    let length = README[start..].find("\n}\n").unwrap();
    let tool = &README[start..start + length];
    assert!(
        SERVER.contains(tool),
        "copy `list_emails` from examples/gmail/server.rs into the README"
    );
}

#[test]
fn what_the_readme_links_to_exists() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let targets = README
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    for target in targets.filter(|target| !target.starts_with("http")) {
        let path = std::path::Path::new(root).join(target);
        assert!(
            path.exists(),
            "{target} is linked from the README but does not exist"
        );
    }
}
