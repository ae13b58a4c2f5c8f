//! The README shows code that exists, and documents lead somewhere.

use std::path::Path;

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
fn what_the_documents_link_to_exists() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let documents = docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .chain([root.join("README.md")]);
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.starts_with("http") && !target.is_empty()) {
            assert!(
                document.with_file_name(target).exists(),
                "{} links to {target}, which does not exist",
                document.display()
            );
        }
    }
}

#[test]
fn every_document_stands_in_the_summary() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let summary = std::fs::read_to_string(root.join("docs/SUMMARY.md")).unwrap();
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            !name.ends_with(".md")
                || name == "SUMMARY.md"
                || summary.contains(&format!("({name})")),
            "{name} is not in docs/SUMMARY.md"
        );
    }
}
