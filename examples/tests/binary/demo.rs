//! The demo, which is what runs without arguments.

use crate::support::{Ended, gmail, run};

#[test]
fn the_demo_runs_without_anything() {
    let demo = run(&[]);
    assert_eq!(
        (demo.code, demo.stderr.as_str()),
        (Some(0), ""),
        "{}",
        demo.stderr
    );
    assert!(
        demo.stdout.contains("Act 1 · The black box")
            && demo.stdout.contains("Act 2 · The revelation")
    );
    assert!(
        !demo.stdout.contains('\u{1b}'),
        "no colours without a terminal:\n{}",
        demo.stdout
    );
    assert!(fits(&demo.stdout, 80), "{}", demo.stdout);
}

/// Whether lines are no longer than this. A path is as long as it is: cut, it would lead nowhere.
fn fits(text: &str, columns: usize) -> bool {
    text.lines()
        .filter(|line| !line.starts_with("Page: "))
        .all(|line| line.chars().count() <= columns)
}

#[test]
fn the_demo_fits_narrow_screens() {
    let output = gmail(&[]).env("COLUMNS", "50").output().unwrap();
    let demo = Ended::from(output);
    assert!(fits(&demo.stdout, 50), "{}", demo.stdout);
}

#[test]
fn a_failing_gmail_is_shown_and_said() {
    let ended = Ended::from(gmail(&[]).env("GMAIL_SIM_FAIL", "500").output().unwrap());
    ended.assert_failed(
        1,
        "the tool answered with an error: Gmail answered 500 INTERNAL: Internal error encountered.",
    );
    assert!(
        ended
            .stdout
            .contains("GET /gmail/v1/users/me/profile ERROR 500"),
        "{}",
        ended.stdout
    );
}
