//! `gmail agent`, and what it says when it fails.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Ended, Serving, gmail, run};

/// A port where nobody listens.
fn unused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
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
fn an_agent_without_a_server_says_so_in_a_line() {
    let port = unused_port();
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
fn a_model_that_is_not_there_is_said_below_the_tree() {
    let serving = Serving::start();
    let port = unused_port();
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
    let port = unused_port();
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
