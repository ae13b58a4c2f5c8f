//! What compiles, what does not, and what the compiler says then.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The toolchain whose messages are in `ui/rustc`.
const PINNED: &str = "rustc 1.95.";

/// Code that compiles without a warning and runs.
#[test]
fn accepts_what_users_write() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/tool/pass/*.rs");
    cases.pass("ui/resource/pass/*.rs");
    cases.pass("ui/prompt/pass/*.rs");
    cases.pass("ui/phase/pass/*.rs");
}

/// Messages of ours, which are the same on every toolchain.
#[test]
fn says_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/tool/fail/*.rs");
    cases.compile_fail("ui/resource/fail/*.rs");
    cases.compile_fail("ui/prompt/fail/*.rs");
    cases.compile_fail("ui/phase/fail/*.rs");
}

/// Messages of rustc about types in the user's code; they change with the toolchain.
///
/// They are compared on the toolchain they were written with only.
#[test]
fn lets_the_compiler_point_at_the_users_types() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    if !version.starts_with(PINNED) {
        eprintln!("messages of rustc are compared on {PINNED} only; this is {version}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/rustc/fail/*.rs");
}

/// The guide tells what the compiler's own words are about; they are the compiler's still.
#[test]
fn the_guide_quotes_the_compiler() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("../docs/guide.md")).unwrap();
    let (_, table) = guide.split_once("| the compiler |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with("| "));
    let quotes: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    assert!(quotes.len() > 5, "{quotes:?}");

    let messages = fs::read_dir(root.join("ui/rustc/fail")).unwrap();
    let messages = messages.map(|entry| entry.unwrap().path());
    let messages = messages.filter(|path| path.extension().is_some_and(|kind| kind == "stderr"));
    let messages: String = messages
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for quote in quotes {
        assert!(
            messages.contains(quote),
            "the compiler does not say this: {quote}"
        );
    }
}
