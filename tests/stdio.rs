//! stdio: nothing but protocol on stdout, and an end that is an end.

use std::process::Stdio;

use serde_json::{Value, json};
use support::wire::{SESSIONS, ask, initialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

const STDIO: &str = env!("CARGO_BIN_EXE_stdio_server");

fn start() -> Child {
    let mut command = Command::new(STDIO);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().unwrap()
}

/// Sends messages, closes stdin and gives stdout, stderr and the exit code.
async fn run(messages: &[Value]) -> (Vec<Value>, String, Option<i32>) {
    let mut child = start();
    let mut stdin = child.stdin.take().unwrap();
    for message in messages {
        stdin
            .write_all(format!("{message}\n").as_bytes())
            .await
            .unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("only protocol on stdout"));
    (
        lines.collect(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

#[tokio::test]
async fn everything_on_stdout_is_protocol() {
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "explode", "arguments": {}, "_meta": ask(true)}});
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let (answers, stderr, code) = run(&[initialize(), initialized, call]).await;
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answers[0]["result"]["protocolVersion"], SESSIONS);
    assert_eq!(answers[1]["result"]["isError"], true);
    assert!(
        stderr.contains("hunter2"),
        "the panic's text is on the server's side: {stderr}"
    );
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn a_client_that_leaves_without_a_word_is_no_error() {
    assert_eq!(run(&[]).await, (vec![], String::new(), Some(0)));
}

#[tokio::test]
async fn a_first_message_that_is_not_mcp_is_an_error() {
    let (_, stderr, code) =
        run(&[json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}})]).await;
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("neither `initialize` nor a request"),
        "{stderr}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_the_server() {
    for signal in ["INT", "TERM"] {
        let mut child = start();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        stdin
            .write_all(format!("{}\n", initialize()).as_bytes())
            .await
            .unwrap();
        let mut first = [0];
        stdout.read_exact(&mut first).await.unwrap();
        let id = child.id().unwrap().to_string();
        let kill = Command::new("kill")
            .args([format!("-{signal}"), id])
            .status()
            .await
            .unwrap();
        assert!(kill.success());
        assert_eq!(child.wait().await.unwrap().code(), Some(0), "{signal}");
    }
}
