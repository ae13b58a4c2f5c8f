//! A wrapped rmcp server that learns secrets on its way, and its prompts.

use std::sync::{Arc, Mutex};

use glassbox::{Instrumented, PassbackCounts, RedactError, phase};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, PromptMessage, Role, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::{spans, traces};
use support::wire::{ask, initialize};

use crate::places::canary;

#[derive(Clone, Default)]
struct Vault {
    seen: Arc<Mutex<String>>,
}

/// What each tool learns, and what it is told.
fn learn(tool: &str) -> Vec<Result<(), RedactError>> {
    let count = match tool {
        "one" => 1,
        "all" => 32,
        "too many" => 33,
        _ => return vec![glassbox::redact("short")],
    };
    (0..count)
        .map(|number| glassbox::redact(format!("learned-{number:02}")))
        .collect()
}

#[phase("spill", spilled = "it was learned-00")]
async fn spill() {
    tokio::task::yield_now().await;
}

impl ServerHandler for Vault {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder();
        ServerConfig::new(capabilities.enable_tools().enable_prompts().build())
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        spill().await;
        let last = learn(&params.name).pop().unwrap();
        let content = rmcp::model::ContentBlock::text(format!("{last:?}"));
        Ok(CallToolResult::success(vec![content]).into())
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        *self.seen.lock().unwrap() = format!("{params:?}");
        spill().await;
        let greeting = PromptMessage::new_text(Role::User, "Hello");
        Ok(GetPromptResult::new(vec![greeting]).into())
    }
}

async fn call(pipe: &mut Pipe, tool: &str, meta: Value) -> Value {
    let params = json!({"name": tool, "arguments": {}, "_meta": meta});
    let message = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params});
    pipe.send(message).await
}

async fn serve(handler: &Instrumented<Vault>) -> Pipe {
    let mut pipe = Pipe::serve(handler.clone());
    pipe.send(initialize()).await;
    pipe
}

#[tokio::test]
async fn what_a_call_learns_is_looked_for_in_its_own_answer_alone() {
    let handler = Instrumented::new(Vault::default());
    let mut pipe = serve(&handler).await;
    for (tool, is_found) in [("one", true), ("short", false), ("all", true)] {
        let answer = call(&mut pipe, tool, ask(true)).await;
        assert_eq!(spans(&answer).len(), 2);
        let left = traces(&answer).to_string();
        assert_eq!(!left.contains("learned-00"), is_found, "{tool}: {left}");
        assert_eq!(left.contains("it was [redacted]"), is_found, "{tool}");
    }
    let counts = handler.passback_counts();
    assert_eq!(
        (counts.redacted_secrets, counts.unsearched_requests),
        (2, 0)
    );
}

#[tokio::test]
async fn with_more_secrets_than_can_be_looked_for_no_span_leaves_and_the_call_is_not_harmed() {
    let handler = Instrumented::new(Vault::default());
    let mut pipe = serve(&handler).await;
    let answer = call(&mut pipe, "too many", ask(true)).await;
    assert_eq!(answer["result"]["content"][0]["text"], "Err(TooMany)");
    let expected = json!({"resourceSpans": [], "truncated": true, "droppedSpanCount": 2});
    assert_eq!(*traces(&answer), expected);
    assert_eq!(handler.passback_counts().unsearched_requests, 1);
    assert_eq!(handler.open_spans(), 0);
}

#[tokio::test]
async fn where_nobody_asks_there_is_nothing_to_learn() {
    let handler = Instrumented::new(Vault::default());
    let mut pipe = serve(&handler).await;
    for tool in ["too many", "short"] {
        let answer = call(&mut pipe, tool, json!({})).await;
        assert_eq!(answer["result"]["content"][0]["text"], "Ok(())");
        assert_eq!(answer["result"].get("_meta"), None);
    }
    assert_eq!(handler.passback_counts(), PassbackCounts::default());
    assert_eq!(glassbox::redact("outside of a request"), Ok(()));
}

#[tokio::test]
async fn a_prompts_name_leaves_and_its_arguments_stay() {
    let handler = Instrumented::new(Vault::default()).passback_for_prompts(true);
    let mut pipe = serve(&handler).await;
    let (name, argument) = (canary("prompt: name"), canary("prompt: argument"));
    let params = json!({"name": name, "arguments": {"text": argument}, "_meta": ask(true)});
    let message = json!({"jsonrpc": "2.0", "id": 2, "method": "prompts/get", "params": params});
    let answer = pipe.send(message).await;
    let seen = handler.handler().seen.lock().unwrap().clone();
    assert!(seen.contains(&name) && seen.contains(&argument), "{seen}");
    assert!(traces(&answer).to_string().contains(&name));
    assert!(!answer.to_string().contains(&argument));
}
