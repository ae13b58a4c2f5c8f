//! The example's binary, as a person or a script meets it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

/// Cargo builds examples before tests, but tells tests nothing of where they are.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/gmail")
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !binary.exists() {
        panic!(
            "{} is not built; run `cargo build -p glassbox-examples --example gmail`",
            binary.display()
        );
    }
    binary
}

fn gmail(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env("GMAIL_SIM_LATENCY", "0")
        .env("TMPDIR", env!("CARGO_TARGET_TMPDIR"))
        .env("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR"));
    for variable in [
        "GMAIL_ACCESS_TOKEN",
        "ARCADE_API_KEY",
        "GOOGLE_REFRESH_TOKEN",
        "GMAIL_ISSUER",
        "GMAIL_SIM_FAIL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_MODEL",
        "OPENAI_REASONING_EFFORT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "GALILEO_API_KEY",
        "COLUMNS",
        "RUST_LOG",
        "RUST_BACKTRACE",
    ] {
        command.env_remove(variable);
    }
    command
}

fn run(arguments: &[&str]) -> Ended {
    Ended::from(gmail(arguments).output().unwrap())
}

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// A failure: so the code, one line on standard error, and nothing else on it.
    fn assert_failed(&self, code: i32, error: &str) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert_eq!(self.stderr, format!("error: {error}\n"));
    }

    /// A usage error as clap words it.
    fn assert_usage(&self, error: &str) {
        assert_eq!(self.code, Some(2), "{}", self.stderr);
        assert!(self.stderr.contains(error), "{}", self.stderr);
        assert_eq!(self.stdout, "");
    }
}

/// A server on a free port, which ends with the test.
struct Serving {
    child: Child,
    banner: String,
    url: String,
}

impl Serving {
    fn start() -> Self {
        Self::with(&["--addr", "127.0.0.1:0", "--auth", "none"])
    }

    fn with(arguments: &[&str]) -> Self {
        Self::of(&mut gmail(&[&["serve"], arguments].concat()))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut banner = String::new();
        while !banner.contains("Ctrl-C") {
            banner = banner + &lines.next().unwrap().unwrap() + "\n";
        }
        let url = banner
            .split(' ')
            .find(|word| word.starts_with("http://"))
            .unwrap()
            .to_owned();
        Self { child, banner, url }
    }

    /// The status of an answer to a request for this host.
    fn status_for(&self, host: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address.split_once('/').unwrap().0).unwrap();
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let types = "content-type: application/json\r\naccept: application/json, text/event-stream";
        write!(
            stream,
            "POST /mcp HTTP/1.1\r\nhost: {host}\r\n{types}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status).unwrap();
        status.split(' ').nth(1).unwrap().to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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

#[test]
fn arcade_needs_to_know_whose_tokens_are_wanted() {
    let needs = "ARCADE_API_KEY needs ARCADE_USER_ID, your Arcade account's email, unless the tokens of one --issuer tell \
                 who calls";
    let issuers = [
        "--issuer",
        "https://a.example",
        "--issuer",
        "https://b.example",
    ];
    for callers in [&[][..], &["--auth", "none"], &["--stdio"], &issuers] {
        let serve = ["serve", "--gmail-api", "https://gmail.googleapis.com"];
        let mut command = gmail(&[&serve, callers].concat());
        let ended = command.env("ARCADE_API_KEY", "key").output().unwrap();
        Ended::from(ended).assert_failed(2, needs);
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
    let example = include_str!("../gmail/.env.example");
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

#[test]
fn a_key_that_fits_no_header_and_a_base_that_is_no_url_are_refused_and_not_repeated() {
    let with = |name, value| Ended::from(gmail(&["agent"]).env(name, value).output().unwrap());
    for key in ["canary\n", "can ary", "canäry"] {
        with("OPENAI_API_KEY", key).assert_failed(
            2,
            "OPENAI_API_KEY has characters that cannot stand in an HTTP header; give the key alone, without spaces or \
             line breaks",
        );
    }
    for base in ["canary", "http://me:canary@a.example/v1"] {
        with("OPENAI_BASE_URL", base).assert_failed(
            2,
            "OPENAI_BASE_URL is not a URL such as https://api.openai.com/v1: http or https, without user name, query and \
             fragment",
        );
    }
}

#[test]
fn a_model_that_is_not_there_is_said_below_the_tree() {
    let serving = Serving::start();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let base = format!("http://127.0.0.1:{port}/v1");
    let mut command = gmail(&["agent", "--server-url", &serving.url]);
    command
        .env("OPENAI_BASE_URL", &base)
        .env("OPENAI_API_KEY", "canary");
    let ended = Ended::from(command.output().unwrap());
    assert_eq!(ended.code, Some(1));
    let error = format!("error: cannot reach the model at {base}: ");
    assert!(ended.stderr.starts_with(&error), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("chat gpt-5.4-mini ERROR connection"),
        "{}",
        ended.stdout
    );
    assert!(!(ended.stdout + &ended.stderr).contains("canary"));
}

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

#[test]
fn bad_usage_is_said_with_code_2() {
    run(&["--nonsense"]).assert_usage("unexpected argument '--nonsense'");
    run(&["frobnicate"]).assert_usage("unrecognized subcommand 'frobnicate'");
    run(&["agent", "--detailed", "--no-passback"])
        .assert_usage("'--detailed' cannot be used with '--no-passback'");
    run(&["serve", "--stdio", "--addr", "127.0.0.1:0"]).assert_usage("cannot be used with");
    run(&["serve", "--stdio", "--allowed-host", "a.example"]).assert_usage("cannot be used with");
    for host in ["", "http://a.example", "a.example/mcp", "me@a.example"] {
        run(&["serve", "--allowed-host", host])
            .assert_usage("give a host name or an address, for example mail.example.com");
    }
    run(&["serve", "--addr", "8000"])
        .assert_usage("give a host and a port, for example 127.0.0.1:8000");
    run(&["agent", "--server-url", "localhost:8000"])
        .assert_usage("give a URL that begins with http:// or https://");
    run(&["serve", "--auth", "basic"]).assert_usage("[possible values: oauth, none]");
}

#[test]
fn bad_variables_are_said_with_code_2() {
    let with = |name, value| Ended::from(gmail(&[]).env(name, value).output().unwrap());
    with("GMAIL_SIM_FAIL", "200").assert_failed(
        2,
        "GMAIL_SIM_FAIL is \"200\"; give an HTTP status from 400 to 599",
    );
    with("GMAIL_SIM_LATENCY", "fast").assert_failed(
        2,
        "GMAIL_SIM_LATENCY is \"fast\"; give a factor from 0 to 100",
    );
    with("GMAIL_SIM_LATENCY", "NaN").assert_failed(
        2,
        "GMAIL_SIM_LATENCY is \"NaN\"; give a factor from 0 to 100",
    );
    run(&["serve", "--gmail-api", "https://gmail.googleapis.com"]).assert_failed(
        2,
        "--gmail-api needs an OAuth access token in GMAIL_ACCESS_TOKEN, or ARCADE_API_KEY, or GOOGLE_REFRESH_TOKEN",
    );
}

#[test]
fn an_open_server_takes_no_word_on_tokens() {
    let url = "https://auth.example.com";
    for (option, variable, value) in [
        ("--issuer", "GMAIL_ISSUER", url),
        ("--resource", "GMAIL_RESOURCE", url),
        ("--audience", "GMAIL_AUDIENCE", "mail"),
        ("--scopes", "GMAIL_SCOPES", "mail"),
        ("--jwks-uri", "GMAIL_JWKS_URI", url),
        ("--identity-claim", "GMAIL_IDENTITY_CLAIM", "email"),
    ] {
        let needs_issuer = !matches!(option, "--issuer" | "--resource");
        let issuer: &[&str] = if needs_issuer {
            &["--issuer", url]
        } else {
            &[]
        };
        let named = match needs_issuer {
            true => format!("--issuer, {option}"),
            false => option.to_owned(),
        };
        let mut arguments = vec!["serve", "--auth", "none", option, value];
        arguments.extend(issuer);
        run(&arguments).assert_failed(
            2,
            &format!(
                "--auth none checks no tokens, so {named} would protect nothing; leave out {named}, or --auth none"
            ),
        );
        let mut arguments = vec!["serve", "--stdio", option, value];
        arguments.extend(issuer);
        run(&arguments).assert_failed(
            2,
            &format!(
                "--stdio has no tokens to check: whoever starts the server is who calls; leave out {named}, or --stdio"
            ),
        );
        let mut command = gmail(&["serve", "--auth", "none", "--addr", "127.0.0.1:0"]);
        command.env(variable, value);
        let named = match needs_issuer {
            true => {
                command.env("GMAIL_ISSUER", url);
                format!("GMAIL_ISSUER, {variable}")
            }
            false => variable.to_owned(),
        };
        Ended::from(command.output().unwrap()).assert_failed(
            2,
            &format!(
                "--auth none checks no tokens, so {named} would protect nothing; unset {named}, or leave out --auth none"
            ),
        );
    }
    let mut command = gmail(&["serve", "--stdio"]);
    let ended = Ended::from(command.env("GMAIL_ISSUER", url).output().unwrap());
    assert!(
        ended.stderr.starts_with(
            "note: over --stdio there are no tokens to check; GMAIL_ISSUER says nothing here\n"
        ),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_token_that_fits_no_header_is_refused_and_not_repeated() {
    for token in ["canary\n", "can ary", "canäry", "canary\u{7f}"] {
        for arguments in [
            &["serve"][..],
            &["serve", "--gmail-api", "https://gmail.googleapis.com"],
        ] {
            let mut command = gmail(arguments);
            let ended = command.env("GMAIL_ACCESS_TOKEN", token).output().unwrap();
            Ended::from(ended).assert_failed(
                2,
                "GMAIL_ACCESS_TOKEN has characters that cannot stand in an HTTP header; give the token alone, without \
                 spaces or line breaks",
            );
        }
    }
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

#[test]
fn a_server_on_stdio_takes_no_options_for_callers() {
    run(&["serve", "--stdio", "--auth", "oauth"]).assert_usage("cannot be used with");
}

#[test]
fn a_port_in_use_is_said_with_its_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(&["serve", "--addr", &address]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended
            .stderr
            .starts_with(&format!("error: cannot listen on {address}: ")),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .ends_with("; choose another address with --addr\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn an_agent_without_a_server_says_so_in_a_line() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/mcp");
    run(&["agent", "--server-url", &url]).assert_failed(
        1,
        &format!(
            "cannot reach an MCP server at {url}: connection refused; is it running? `gmail serve` starts one"
        ),
    );
}

#[test]
fn an_agent_that_asks_in_the_wrong_place_says_so_in_a_line() {
    let serving = Serving::with(&["--addr", "0.0.0.0:0", "--auth", "none"]);
    let ask = |url: &str| run(&["agent", "--server-url", url]);
    let wrong_path = serving.url.replace("/mcp", "/nope");
    ask(&wrong_path).assert_failed(
        1,
        &format!(
            "no MCP server answers at {wrong_path}: HTTP 404 Not Found; is the path right? `gmail serve` answers at /mcp"
        ),
    );
    let wrong_host = serving.url.replace("127.0.0.1", "127.0.0.2");
    ask(&wrong_host).assert_failed(
        1,
        &format!(
            "no MCP server answers at {wrong_host}: HTTP 403 Forbidden: Forbidden: Host header is not allowed"
        ),
    );
    let wrong_scheme = serving.url.replace("http:", "https:");
    ask(&wrong_scheme).assert_failed(
        1,
        &format!(
            "cannot reach an MCP server at {wrong_scheme}: the server does not speak TLS; is it http:// instead of \
             https://?"
        ),
    );
}

#[test]
fn agent_and_server_meet_as_processes() {
    let serving = Serving::start();
    let ended = run(&[
        "agent",
        "--detailed",
        "--server-url",
        &serving.url,
        "List 4 emails from:grace",
    ]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(
        ended.stdout.contains("I found 4 emails:"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        ended
            .stdout
            .matches("GET /gmail/v1/users/me/messages/{id}")
            .count(),
        4,
        "{}",
        ended.stdout
    );
}

#[test]
fn a_server_on_every_address_names_a_url_that_works() {
    let serving = Serving::with(&["--addr", "0.0.0.0:0", "--auth", "none"]);
    assert!(
        serving.url.starts_with("http://127.0.0.1:"),
        "{}",
        serving.banner
    );
    assert!(
        serving
            .banner
            .contains(&format!("--server-url {}\n", serving.url))
            && serving
                .banner
                .contains("only requests to this machine's own name")
            && serving.banner.contains("--allowed-host <HOST> adds names"),
        "{}",
        serving.banner
    );
    let ended = run(&["agent", "--server-url", &serving.url]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(serving.status_for("a.example"), "403");
}

#[test]
fn an_allowed_host_is_accepted_beside_the_local_ones() {
    let serving = Serving::with(&[
        "--addr",
        "0.0.0.0:0",
        "--auth",
        "none",
        "--allowed-host",
        "a.example",
        "--allowed-host",
        "b.example",
    ]);
    assert!(
        serving
            .banner
            .contains("whoever reaches this address can read and send mail")
            && !serving.banner.contains("only requests to"),
        "{}",
        serving.banner
    );
    for host in [
        "a.example",
        "b.example:1",
        "localhost",
        "127.0.0.1",
        "[::1]",
    ] {
        assert_ne!(serving.status_for(host), "403", "{host}");
    }
    assert_eq!(serving.status_for("c.example"), "403");
}

#[test]
fn a_refused_argument_is_said() {
    let serving = Serving::start();
    let ended = run(&["agent", "--server-url", &serving.url, "List 50 emails"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("max_results") && ended.stderr.contains("20"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

/// An MCP server that refuses whatever it is asked, in these words.
fn refusing(message: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let length = |line: &str| {
                line.to_lowercase()
                    .strip_prefix("content-length:")?
                    .trim()
                    .parse()
                    .ok()
            };
            let head = reader
                .by_ref()
                .lines()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty());
            let mut request = vec![0; head.filter_map(|line| length(&line)).last().unwrap_or(0)];
            reader.read_exact(&mut request).unwrap();
            let request: Value = serde_json::from_slice(&request).unwrap_or_default();
            let error = json!({"code": -32000, "message": message});
            let body =
                json!({"jsonrpc": "2.0", "id": request.get("id"), "error": error}).to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            write!(
                stream,
                "{head}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    url
}

#[test]
fn an_error_that_quotes_a_server_is_one_harmless_line() {
    let url = refusing("\u{1b}[2Jgo\naway\u{202e}");
    let ended = run(&["agent", "--server-url", &url]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("�[2Jgo�away�"), "{}", ended.stderr);
}

#[test]
fn on_stdio_there_is_nothing_but_protocol() {
    let mut child = gmail(&["serve", "--stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("RUST_LOG", "trace")
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut exchange = |request: Value| {
        writeln!(stdin, "{request}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(answer.get("jsonrpc"), Some(&json!("2.0")));
        assert_eq!(answer.get("id"), request.get("id"));
        answer
    };
    let initialize = json!({
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    });
    exchange(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize}));
    let call = json!({
        "name": "list_emails",
        "arguments": {"max_results": 1},
        "_meta": {"otel": {"traces": {"request": true}}},
    });
    let answer =
        exchange(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}));
    assert!(
        answer
            .pointer("/result/_meta/otel/traces/resourceSpans/0")
            .is_some(),
        "{answer}"
    );
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_option_without_effect_is_refused() {
    run(&["agent", "--spool", "spool"]).assert_failed(
        2,
        "--spool keeps spans for a collector; name one with --collector or OTEL_EXPORTER_OTLP_ENDPOINT",
    );
}

#[test]
fn a_wrong_variable_is_named() {
    for (variable, value, problem) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "localhost:4318",
            "not an http or https URL, such as http://localhost:4318",
        ),
        (
            "GALILEO_OTLP_ENDPOINT",
            "canary",
            "not an http or https URL",
        ),
        (
            "OPENAI_REASONING_EFFORT",
            "canary",
            "none of none, minimal, low, medium, high, xhigh and max",
        ),
    ] {
        let mut command = gmail(&["agent"]);
        command
            .env("GALILEO_API_KEY", "k")
            .env("OPENAI_API_KEY", "k")
            .env(variable, value);
        Ended::from(command.output().unwrap())
            .assert_failed(2, &format!("{variable} is {problem}"));
    }
}

#[test]
fn a_page_that_was_asked_for_and_cannot_be_written_is_an_error() {
    let serving = Serving::start();
    let error = "error: the page could not be written to /nonexistent/page.html: ";
    for command in [
        &["--page", "/nonexistent/page.html"][..],
        &[
            "agent",
            "--server-url",
            &serving.url,
            "--page",
            "/nonexistent/page.html",
        ],
    ] {
        let ended = run(command);
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.starts_with(error), "{}", ended.stderr);
        assert!(ended.stdout.contains("tools/call list_emails"));
    }
    let ended = Ended::from(gmail(&[]).env("TMPDIR", "/nonexistent").output().unwrap());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let stdout = ended.stdout.replace('\n', " ");
    assert!(
        stdout.contains("Page: could not be written to /nonexistent/glassbox-"),
        "{stdout}"
    );
}

#[test]
fn a_collector_that_is_down_is_said_with_a_way_out() {
    let serving = Serving::start();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    // Named twice, it is one sink.
    let collector = format!("http://127.0.0.1:{port}");
    let mut command = gmail(&[
        "agent",
        "--no-page",
        "--server-url",
        &serving.url,
        "--collector",
        &collector,
    ]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector);
    let ended = Ended::from(command.output().unwrap());
    ended.assert_failed(
        1,
        &format!(
            "not all spans were delivered: 9 spans for {collector}: 9 lost (collector unreachable: connection refused); \
             with --spool DIR, the next run sends what is left"
        ),
    );
    assert!(!ended.stdout.contains("Jaeger"), "{}", ended.stdout);
}
