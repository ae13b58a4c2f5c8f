//! What compiles, what does not, and what the compiler says then.

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
