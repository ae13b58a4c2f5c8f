//! `docs/conformance.md` lists every rule and every test.

const DOCUMENT: &str = include_str!("../../docs/conformance.md");
/// The first letter of a side's rules and tests, how many rules it has, and its tests.
const SIDES: [(char, u8, &[&str]); 2] = [
    ('s', 18, &[]),
    (
        'c',
        9,
        &[
            include_str!("client.rs"),
            include_str!("../../runtime/src/ingest/tests/rules.rs"),
        ],
    ),
];

fn test_names(letter: char, files: &[&'static str]) -> Vec<&'static str> {
    let functions = files
        .iter()
        .flat_map(|tests| tests.lines())
        .filter_map(|line| line.trim_start_matches("async ").strip_prefix("fn "))
        .filter(|rest| {
            rest.starts_with(&format!("{letter}0")) || rest.starts_with(&format!("{letter}1"))
        });
    functions
        .map(|rest| rest.split('(').next().unwrap())
        .collect()
}

#[test]
fn every_test_is_listed() {
    for (letter, rules, tests) in SIDES {
        let names = test_names(letter, tests);
        assert!(names.len() >= usize::from(rules));
        for name in names {
            assert!(
                DOCUMENT.contains(&format!("`{name}`")),
                "docs/conformance.md does not list {name}"
            );
        }
    }
}

#[test]
fn every_rule_has_a_row_with_a_test_that_exists() {
    for (letter, rules, tests) in SIDES {
        let names = test_names(letter, tests);
        for rule in 1..=rules {
            let rule = format!("{}{rule:02}", letter.to_ascii_uppercase());
            let start = format!("| {rule} |");
            let row = DOCUMENT.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/conformance.md has no row for {rule}"));
            let tests: Vec<_> = row
                .split('`')
                .filter(|word| {
                    word.starts_with(&format!("{letter}0"))
                        || word.starts_with(&format!("{letter}1"))
                })
                .collect();
            assert!(!tests.is_empty(), "{rule} has no test");
            for test in tests {
                assert!(names.contains(&test), "{test} does not exist");
            }
        }
    }
}
