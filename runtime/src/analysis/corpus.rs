//! The corpus: `tests/fixtures/traces`, each trace with the sentences that are found in it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::{AnswerNotes, SpanTree, findings_with};

fn traces() -> Vec<(String, PathBuf)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/traces");
    let mut traces: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, path)
        })
        .collect();
    traces.sort();
    traces
}

/// What is found, one line each: the title in brackets, then the sentence.
fn found(trace: &Value) -> String {
    let notes = AnswerNotes::default()
        .with_truncated(trace["truncated"].as_bool().unwrap_or(false))
        .with_held_back(trace["droppedSpanCount"].as_u64().unwrap_or(0));
    let tree = SpanTree::from_otlp(trace).unwrap();
    let mut lines = String::new();
    for finding in findings_with(&tree, notes) {
        writeln!(lines, "[{}] {finding}.", finding.title()).unwrap();
        for &id in finding.evidence() {
            assert!(tree.find(id).is_some(), "{finding}");
        }
    }
    lines
}

/// `UPDATE_EXPECT=1` writes what is found to the files, for a person to read in the diff.
#[test]
fn every_trace_of_the_corpus_shows_what_is_expected() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut differences = String::new();
    for (name, path) in traces() {
        let trace = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let found = found(&trace);
        let path = path.with_extension("expected.txt");
        if update {
            fs::write(path, found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(path).unwrap_or_else(|_| "(no such file)".to_owned());
        if found != expected {
            writeln!(
                differences,
                "{name}\n  expected:\n{expected}  found:\n{found}"
            )
            .unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn healthy_traces_are_without_findings_and_no_others() {
    let mut healthy = 0;
    for (name, path) in traces() {
        let expected = fs::read_to_string(path.with_extension("expected.txt")).unwrap();
        assert_eq!(name.starts_with("healthy-"), expected.is_empty(), "{name}");
        healthy += usize::from(expected.is_empty());
    }
    assert!(healthy >= 8, "{healthy}");
}

#[test]
fn the_readme_lists_every_trace() {
    let readme =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/traces/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let listed: Vec<_> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut sorted = listed.clone();
    sorted.sort();
    let names: Vec<_> = traces().into_iter().map(|(name, _)| name).collect();
    assert_eq!(sorted, names);
}
