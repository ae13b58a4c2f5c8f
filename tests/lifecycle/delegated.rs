//! Calls that answer before the work is done, or ask back.

use glassbox::{Instrumented, phase};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CreateTaskResult, InputRequiredResult,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, Task,
    TaskStatus,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::tree;
use support::wire::ask;

use crate::call;

/// Answers before the work is done, or asks back.
pub(crate) struct Delegating;

impl ServerHandler for Delegating {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources();
        ServerConfig::new(capabilities.build())
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        stage().await;
        match params.name.as_ref() {
            "task" => Ok(CallToolResponse::Task(CreateTaskResult::new(Task::new(
                "1".to_owned(),
                TaskStatus::Working,
                "2026-01-01T00:00:00Z".to_owned(),
                "2026-01-01T00:00:00Z".to_owned(),
            )))),
            "input" => Ok(CallToolResponse::InputRequired(
                InputRequiredResult::from_request_state("later"),
            )),
            _ => panic!("secret: hunter2"),
        }
    }

    async fn read_resource(
        &self,
        _: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        stage().await;
        Ok(ReadResourceResponse::InputRequired(
            InputRequiredResult::from_request_state("later"),
        ))
    }
}

#[phase("stage")]
async fn stage() {
    tokio::task::yield_now().await;
}

fn stateless(mut request: Value) -> Value {
    let meta = request["params"]["_meta"].as_object_mut().unwrap();
    meta.insert(
        "io.modelcontextprotocol/protocolVersion".to_owned(),
        support::wire::STATELESS.into(),
    );
    meta.insert(
        "io.modelcontextprotocol/clientCapabilities".to_owned(),
        json!({"extensions": {"io.modelcontextprotocol/tasks": {}}}),
    );
    request
}

#[tokio::test]
async fn a_call_that_returns_a_task_or_asks_for_input_returns_the_spans_so_far() {
    let handler = Instrumented::new(Delegating);
    let mut pipe = Pipe::serve(handler.clone());
    for tool in ["task", "input"] {
        let answer = pipe
            .send(stateless(call(2, tool, json!({}), ask(true))))
            .await;
        assert_ne!(answer["result"]["resultType"], "complete", "{answer:#}");
        let expected = format!("tools/call {tool} SERVER\n  stage\n");
        assert_eq!(tree(&answer), expected);
        assert_eq!(handler.open_spans(), 0);
    }
    let read = json!({"jsonrpc": "2.0", "id": 3, "method": "resources/read",
        "params": {"uri": "note://1", "_meta": ask(true)}});
    let answer = pipe.send(stateless(read)).await;
    assert_eq!(tree(&answer), "resources/read SERVER\n  stage\n");
    assert_eq!(handler.open_spans(), 0);
}
