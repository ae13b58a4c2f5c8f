//! The client's example, against the server's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

/// Cargo builds examples before tests, but tells tests nothing of where they are.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let examples = test.ancestors().nth(2).unwrap().join("examples");
    examples
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION)
}

fn ask(arguments: &[&str]) -> Output {
    let hello = format!("{} --stdio", example("hello").display());
    let mut command = Command::new(example("ask"));
    command.arg(hello).args(arguments).output().unwrap()
}

#[test]
fn shows_the_result_and_what_happened_inside() {
    let output = ask(&["hello", r#"{"name": "Ada"}"#]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.starts_with("Hello, Ada!\n\ntools/call hello CLIENT ask"),
        "{stdout}"
    );
    for part in [
        "└─ tools/call hello SERVER hello",
        "   └─ compose",
        "2 spans received, 2 accepted",
    ] {
        assert!(stdout.contains(part), "{part} in {stdout}");
    }
}

#[test]
fn what_went_wrong_is_a_line() {
    for (arguments, error) in [
        (&["nothing"][..], "nothing"),
        (&["hello", r#"{"name": 1}"#], "name"),
        (&["hello", "nonsense"], "expected ident at line 1 column 2"),
        (
            &[],
            "usage: ask <url or command> <tool> [arguments as JSON]",
        ),
    ] {
        let output = ask(arguments);
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(error) || String::from_utf8_lossy(&output.stdout).contains(error),
            "{stderr}"
        );
    }
}
