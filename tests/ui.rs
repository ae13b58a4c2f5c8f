//! What compiles, what does not, and what the compiler says then.

/// Code that compiles without a warning and runs.
#[test]
fn accepts_what_users_write() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/tool/pass/*.rs");
    cases.pass("ui/phase/pass/*.rs");
}

/// Messages of ours, which are the same on every toolchain.
#[test]
fn says_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/tool/fail/*.rs");
    cases.compile_fail("ui/phase/fail/*.rs");
}

/// Messages of rustc about types in the user's code; they change with the toolchain.
#[test]
fn lets_the_compiler_point_at_the_users_types() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/rustc/fail/*.rs");
}
