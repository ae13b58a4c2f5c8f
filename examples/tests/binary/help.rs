//! Help, and the example of an environment.

use std::collections::BTreeSet;

use crate::support::run;

#[test]
fn help_names_every_command_and_variable() {
    let help = run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    for part in [
        "serve",
        "agent",
        "GMAIL_ACCESS_TOKEN",
        "GMAIL_SIM_LATENCY",
        "GMAIL_SIM_FAIL",
        "NO_COLOR",
        "demo",
    ] {
        assert!(
            help.stdout.contains(part),
            "{part} is missing:\n{}",
            help.stdout
        );
    }
    let serve = run(&["serve", "--help"]).stdout;
    for flag in [
        "--addr",
        "127.0.0.1:8000",
        "--allowed-host",
        "--stdio",
        "--auth",
        "--gmail-api",
    ] {
        assert!(serve.contains(flag), "{flag} is missing:\n{serve}");
    }
    let agent = run(&["agent", "--help"]).stdout;
    for flag in [
        "[QUERY]",
        "List my 5 most recent emails",
        "--detailed",
        "--no-passback",
        "--server-url",
        "--collector",
    ] {
        assert!(agent.contains(flag), "{flag} is missing:\n{agent}");
    }
}

/// The names in a text that look like those of variables.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |character: char| character.is_ascii_uppercase() || character == '_';
    text.split(|character| !is_part(character))
        .filter(|name| *name == "COLUMNS" || name.contains('_'))
        .collect()
}

#[test]
fn the_example_of_an_environment_is_complete() {
    let example = include_str!("../../gmail/.env.example");
    let assigned: BTreeSet<_> = example
        .lines()
        .filter_map(|line| Some(line.strip_prefix('#')?.split_once('=')?.0))
        .filter(|name| !name.contains(' '))
        .collect();
    let help = run(&["--help"]).stdout;
    assert_eq!(assigned, variables(&help));
    assert_eq!(
        run(&["agent", "--help"])
            .stdout
            .matches("OPENAI_MODEL")
            .count(),
        1
    );
    assert!(
        example
            .lines()
            .all(|line| line.is_empty() || line.starts_with('#')),
        "nothing is set by whoever copies it"
    );
}
