//! `docs/security.md` names tests, and they exist.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../docs/security.md");
/// Where tests are, from the root of the workspace.
const PLACES: [&str; 4] = ["tests", "examples/tests", "runtime/src", "macros/src"];
/// The headings of the tables of threats.
const TABLES: [&str; 3] = [
    "## Threats to a server",
    "## Threats to who may call",
    "## Threats to a client",
];

/// The names of all functions in the Rust files of a directory that are marked as tests, alone and with their file's:
/// `fuzz::meta`.
fn tests_in(directory: &Path, names: &mut HashSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_in(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut is_test = text.contains("proptest!");
            let properties = is_test;
            for line in text.lines().map(str::trim) {
                let name = line.trim_start_matches("async ").strip_prefix("fn ");
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                    is_test = true;
                } else if let Some(name) = name {
                    if is_test {
                        let name = name.split(['(', '<']).next().unwrap();
                        let file = path.file_stem().unwrap().to_string_lossy();
                        names.insert(format!("{file}::{name}"));
                        names.insert(name.to_owned());
                    }
                    is_test = properties;
                }
            }
        }
    }
}

/// The third cell of each row of the tables, and the row.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tables = TABLES.iter().flat_map(|heading| {
        let (_, after) = DOCUMENT.split_once(heading).unwrap();
        let section = after.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| "));
        rows.skip(1)
    });
    tables.map(|row| (row.split(" | ").nth(2).unwrap(), row))
}

#[test]
fn every_threat_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut known = HashSet::new();
    for place in PLACES {
        tests_in(&root.join(place), &mut known);
    }
    let mut threats = 0;
    for (tests, row) in rows() {
        threats += 1;
        let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {row}");
        for name in names {
            assert!(known.contains(name), "there is no test `{name}`");
        }
    }
    assert!(threats >= 30, "{threats}");
}

#[test]
fn every_name_of_a_test_in_the_document_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut known = HashSet::new();
    for place in PLACES {
        tests_in(&root.join(place), &mut known);
    }
    // Tests' names are sentences: at least three words.
    let prose = DOCUMENT.split("```").step_by(2);
    let words = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    for word in words.filter(|word| word.matches('_').count() >= 2) {
        let is_name = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_option = word.starts_with("passback_") || word == "with_error_texts";
        assert!(
            !is_name || is_option || known.contains(word),
            "there is no test `{word}`"
        );
    }
}
