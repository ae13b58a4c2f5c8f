//! A short soak: the example itself does not rot, and what it checks holds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;
use std::process::Command;

/// Cargo builds examples before tests, but tells tests nothing of where they are.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/soak")
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !binary.exists() {
        panic!(
            "{} is not built; run `cargo build -p glassbox-examples --example soak`",
            binary.display()
        );
    }
    binary
}

fn soak(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(binary()).args(arguments).output().unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn a_short_soak_passes_on_every_transport() {
    for (transport, calls) in [("duplex", "5000"), ("http", "500"), ("sessions", "500")] {
        let arguments = [
            "--calls",
            calls,
            "--concurrency",
            "16",
            "--transport",
            transport,
        ];
        let (passed, stdout, stderr) = soak(&arguments);
        assert!(passed, "{transport}\n{stdout}{stderr}");
        assert!(stdout.ends_with("passed\n"), "{stdout}");
        let end = "at the end: 0 spans open, 0 calls inside, 0 tasks late\n";
        assert!(stdout.contains(end), "{stdout}");
        assert!(!stderr.contains("panicked at"), "{stderr}");
    }
}
