//! `docs/conformance.md` lists every rule and every test.

const DOCUMENT: &str = include_str!("../../docs/conformance.md");
const TESTS: &str = include_str!("server.rs");

fn test_names() -> Vec<&'static str> {
    let functions = TESTS
        .lines()
        .filter_map(|line| line.strip_prefix("async fn s"));
    functions
        .map(|rest| rest.split('(').next().unwrap())
        .collect()
}

#[test]
fn every_test_is_listed() {
    assert!(test_names().len() > 15);
    for name in test_names() {
        assert!(
            DOCUMENT.contains(&format!("`s{name}`")),
            "docs/conformance.md does not list s{name}"
        );
    }
}

#[test]
fn every_rule_has_a_row_with_a_test_that_exists() {
    for rule in 1..=18 {
        let start = format!("| S{rule:02} |");
        let row = DOCUMENT.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/conformance.md has no row for S{rule:02}"));
        let tests: Vec<_> = row
            .split('`')
            .filter(|word| word.starts_with("s0") || word.starts_with("s1"))
            .collect();
        assert!(!tests.is_empty(), "S{rule:02} has no test");
        for test in tests {
            assert!(
                test_names().contains(&test.strip_prefix('s').unwrap()),
                "{test} does not exist"
            );
        }
    }
}

const INGEST_TESTS: &str = include_str!("../../runtime/src/ingest/tests/rules.rs");

#[test]
fn every_client_rule_that_ingest_keeps_has_a_row_with_all_its_tests() {
    let tests = INGEST_TESTS
        .lines()
        .filter_map(|line| line.strip_prefix("fn c"));
    let tests: Vec<_> = tests.map(|rest| rest.split('(').next().unwrap()).collect();
    assert!(tests.len() > 15);
    for rule in ["01", "03", "04", "05", "06", "08", "09"] {
        let start = format!("| C{rule} |");
        let row = DOCUMENT.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/conformance.md has no row for C{rule}"));
        let listed = row.split('`').filter_map(|word| word.strip_prefix('c'));
        let listed: Vec<_> = listed.filter(|word| word.starts_with(rule)).collect();
        let written: Vec<_> = tests
            .iter()
            .filter(|test| test.starts_with(rule))
            .copied()
            .collect();
        assert_eq!(listed, written);
    }
}
