//! Calls that tell of their progress.

use glassbox::{Server, ToolContext, mcp_tool, phase};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::tree;
use support::wire::{Client, Running, SESSIONS, STATELESS, ask, initialize};

use crate::call;

/// Tells of its progress while it works.
#[mcp_tool]
async fn progressing(context: &ToolContext) -> u32 {
    for done in 0..3_u32 {
        #[phase("part", part = done)]
        drop(context.report_progress(f64::from(done), Some(3.0)).await);
    }
    3
}

#[tokio::test]
async fn progress_comes_before_an_answer_that_has_its_spans() {
    let server = Server::builder("busy", "1").tool::<progressing>().build();
    let server = server.unwrap();
    let mut pipe = Pipe::serve_handler(server.handler());
    pipe.send(initialize()).await;
    let mut meta = ask(true);
    meta["progressToken"] = "p".into();
    pipe.post(call(2, "progressing", json!({}), meta)).await;
    for done in 0..3 {
        let message = pipe.next().await;
        assert_eq!(message["method"], "notifications/progress");
        assert_eq!(message["params"]["progress"], f64::from(done));
    }
    let expected = "tools/call progressing SERVER\n  part\n  part\n  part\n";
    assert_eq!(tree(&pipe.next().await), expected);
    assert_eq!(server.open_spans(), 0);
}

#[tokio::test]
async fn progress_over_http_comes_before_the_answer_and_carries_no_spans() {
    let server = Server::builder("busy", "1").tool::<progressing>().build();
    let running = Running::start(server.unwrap()).await;
    for client in [
        Client::stateless(&running.url),
        Client::with_session(&running.url).await,
    ] {
        let Client::Http { url, session, http } = &client else {
            unreachable!("it is over HTTP")
        };
        let mut meta = ask(true);
        meta["progressToken"] = "p".into();
        let version = if session.is_some() {
            SESSIONS
        } else {
            STATELESS
        };
        meta["io.modelcontextprotocol/protocolVersion"] = version.into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        let message = call(2, "progressing", json!({}), meta);
        let mut request = http
            .post(url)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .header("mcp-protocol-version", version);
        request = match session {
            Some(session) => request.header("mcp-session-id", session),
            None => request
                .header("mcp-method", "tools/call")
                .header("mcp-name", "progressing"),
        };
        let response = request.body(message.to_string()).send().await.unwrap();
        let body = response.text().await.unwrap();
        let messages: Vec<Value> = body
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .filter_map(|message| serde_json::from_str(message.trim()).ok())
            .collect();
        let [progress @ .., answer] = &messages[..] else {
            panic!("no message in {body}")
        };
        assert_eq!(progress.len(), 3, "{body}");
        for (done, message) in progress.iter().enumerate() {
            let params = json!({"progressToken": "p", "progress": done as f64, "total": 3.0});
            assert_eq!(message["params"], params);
        }
        let expected = "tools/call progressing SERVER\n  part\n  part\n  part\n";
        assert_eq!(tree(answer), expected);
        assert_eq!(running.server.open_spans(), 0);
    }
}
