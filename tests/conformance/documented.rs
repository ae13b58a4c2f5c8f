//! `docs/conformance.md` lists every rule and every test, and where the server's tests run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../docs/conformance.md");

/// One side of the contract.
struct Side {
    /// The first letter of its rules and tests.
    letter: char,
    rules: u8,
    /// Files and directories with its tests, from the root of the repository.
    places: &'static [&'static str],
}

const SERVER: Side = Side {
    letter: 's',
    rules: 18,
    places: &[
        "tests/conformance/server",
        "tests/auth/scopes.rs",
        "tests/auth/stages.rs",
    ],
};
const CLIENT: Side = Side {
    letter: 'c',
    rules: 9,
    places: &[
        "tests/conformance/client.rs",
        "runtime/src/ingest/tests/rules.rs",
    ],
};

/// How a test of the matrix begins.
const RUNS_EVERYWHERE: &str = "everywhere(";
/// Where the document lists the tests of the server that do not run in every case.
const EXCEPTIONS: &str = "### Where a rule is not asked of all";

/// All files in a place.
fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries =
        fs::read_dir(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| files(&path)).collect()
}

impl Side {
    /// The tests, by name, with their text.
    fn tests(&self) -> BTreeMap<String, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let files = self
            .places
            .iter()
            .flat_map(|place| files(&root.join(place)));
        let texts = files.map(|file| fs::read_to_string(file).unwrap());
        let tests = texts.flat_map(|text| {
            let parts = text.split("test]\n").skip(1).map(str::to_owned);
            parts.collect::<Vec<_>>()
        });
        tests
            .filter_map(|text| Some((self.name(&text)?.to_owned(), text)))
            .collect()
    }

    /// The name of the test that begins here, if it is one of a rule.
    fn name<'a>(&self, text: &'a str) -> Option<&'a str> {
        let line = text.lines().next()?;
        let name = line.trim_start().trim_start_matches("async ");
        let name = name.strip_prefix("fn ")?.split('(').next()?;
        self.is_rule(name).then_some(name)
    }

    fn is_rule(&self, name: &str) -> bool {
        ["0", "1"]
            .iter()
            .any(|digit| name.starts_with(&format!("{}{digit}", self.letter)))
    }

    /// The name of the rule, and those of the tests in its row.
    fn rows(&self) -> impl Iterator<Item = (String, Vec<&'static str>)> {
        (1..=self.rules).map(|rule| {
            let rule = format!("{}{rule:02}", self.letter.to_ascii_uppercase());
            let start = format!("| {rule} |");
            let row = DOCUMENT.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/conformance.md has no row for {rule}"));
            (
                rule,
                row.split('`').filter(|word| self.is_rule(word)).collect(),
            )
        })
    }
}

#[test]
fn every_test_is_listed() {
    for side in [SERVER, CLIENT] {
        let tests = side.tests();
        assert!(tests.len() >= usize::from(side.rules));
        for name in tests.keys() {
            assert!(
                DOCUMENT.contains(&format!("`{name}`")),
                "docs/conformance.md does not list {name}"
            );
        }
    }
}

#[test]
fn every_rule_has_a_row_with_a_test_of_its_own_that_exists() {
    for side in [SERVER, CLIENT] {
        let tests = side.tests();
        for (rule, listed) in side.rows() {
            let number = rule.to_ascii_lowercase();
            let own = listed.iter().any(|test| test.contains(&number));
            assert!(own, "{rule} has no test named after it");
            for test in listed {
                assert!(tests.contains_key(test), "{test} does not exist");
            }
        }
    }
}

#[test]
fn every_rule_of_the_server_is_asked_in_every_case_or_the_document_says_why_not() {
    let tests = SERVER.tests();
    for (rule, listed) in SERVER.rows() {
        let mut everywhere = listed
            .iter()
            .filter(|test| tests[**test].contains(RUNS_EVERYWHERE));
        assert!(
            everywhere.next().is_some(),
            "no test of {rule} runs everywhere"
        );
    }
    let exceptions = DOCUMENT.split(EXCEPTIONS).nth(1).expect(EXCEPTIONS);
    let exceptions = exceptions.split("\n#").next().unwrap();
    // A `return` leaves a case out.
    let is_partial = |text: &str| !text.contains(RUNS_EVERYWHERE) || text.contains("return;");
    for (name, text) in &tests {
        let is_excepted = exceptions.contains(&format!("`{name}`"));
        assert_eq!(is_excepted, is_partial(text), "{name} in \"{EXCEPTIONS}\"");
    }
    let listed = exceptions.split('`').filter(|word| SERVER.is_rule(word));
    for name in listed {
        assert!(tests.contains_key(name), "{name} does not exist");
    }
}
