//! `gmail serve`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Serving, gmail, run};

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
