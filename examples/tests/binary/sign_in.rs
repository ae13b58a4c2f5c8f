//! Pages that a user is shown, and what follows.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{Ended, Serving, gmail};

/// An agent that has shown a page, and waits.
struct Asked {
    agent: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
    page: String,
}

/// Asks a server whose Gmail tokens Arcade keeps.
fn asked(serving: &Serving) -> Asked {
    let arguments = ["agent", "--no-browser", "--no-page", "--server-url"];
    let mut agent = gmail(&[&arguments[..], &[&serving.url]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(agent.stderr.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let server = serving.url.split('/').nth(2).unwrap();
    let first = line();
    let asks = format!("The server at {server} asks you to visit a page at 127.0.0.1:");
    assert!(first.starts_with(&asks), "{first}");
    let page = line();
    assert_eq!(line(), "It is waited for 300 s; Ctrl-C gives up.");
    Asked { agent, lines, page }
}

#[test]
fn a_user_who_has_not_consented_is_shown_the_page_and_the_run_goes_on() {
    use gmail_example::arcade::{ArcadeConfig, ArcadeStandIn, SIMULATED_API_KEY};
    use gmail_example::simulator::{Simulator, SimulatorConfig};

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (arcade, simulator) = runtime.block_on(async {
        let config = SimulatorConfig::default().with_latency(0.0);
        let arcade = ArcadeStandIn::start(ArcadeConfig::default()).await.unwrap();
        (arcade, Simulator::start(config).await.unwrap())
    });
    let (api, address) = (simulator.url(), "127.0.0.1:0");
    let arguments = [
        "serve",
        "--auth",
        "none",
        "--addr",
        address,
        "--gmail-api",
        &api,
    ];
    let serving = Serving::of(
        gmail(&arguments)
            .env("ARCADE_API_KEY", SIMULATED_API_KEY)
            .env("ARCADE_API_URL", arcade.url())
            .env("ARCADE_USER_ID", "ada@example.com"),
    );

    let interrupted = asked(&serving);
    let id = interrupted.agent.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    let ended = Ended::from(interrupted.agent.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""));
    let last: Vec<_> = interrupted.lines.map(|line| line.unwrap()).collect();
    assert_eq!(last, ["error: interrupted before the run had ended"]);

    let waiting = asked(&serving);
    runtime
        .block_on(gmail_example::identity::consent::approve(&waiting.page))
        .unwrap();
    let ended = Ended::from(waiting.agent.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stdout.contains("I found 5 emails"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains(&waiting.page), "{}", ended.stdout);
}

/// The agent shows a page; somebody allows what it asks for.
fn signs_in(serving: &Serving, cache: &Path, is_asked: bool) {
    let mut agent = gmail(&[
        "agent",
        "--no-browser",
        "--no-page",
        "--server-url",
        &serving.url,
    ])
    .env("GMAIL_TOKEN_CACHE", cache)
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut lines = BufReader::new(agent.stderr.take().unwrap()).lines();
    let first = lines.next().transpose().unwrap();
    let page = first.as_deref().map(|line| {
        line.strip_prefix("To sign in, open this page: ")
            .unwrap_or_else(|| panic!("{line}"))
    });
    assert_eq!(page.is_some(), is_asked);
    if let Some(page) = page {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime
            .block_on(gmail_example::identity::consent::approve(page))
            .unwrap();
    }
    let ended = Ended::from(agent.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0), "{:?}", lines.collect::<Vec<_>>());
    assert!(
        ended.stdout.contains("I found 5 emails"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_server_asks_for_a_sign_in_once() {
    let serving = Serving::with(&["--addr", "127.0.0.1:0"]);
    assert!(
        serving
            .banner
            .contains("Callers sign in at http://127.0.0.1:"),
        "{}",
        serving.banner
    );
    assert!(serving.status_for("localhost").contains("401"));
    let cache = tempfile::TempDir::new().unwrap();
    signs_in(&serving, cache.path(), true);
    signs_in(&serving, cache.path(), false);
}
