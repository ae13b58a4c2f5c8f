//! A handler that says what it is told.

use std::sync::Arc;

use glassbox::{Instrumented, phase};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, InputRequiredResult, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, ResourceContents, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// Says what its arguments are, after as many phases as they ask for.
#[derive(Clone, Debug)]
pub(crate) struct Parrot {
    /// Calls that are to wait take one of these.
    pub(crate) permits: Arc<Semaphore>,
}

impl Default for Parrot {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(0)),
        }
    }
}

/// A parrot that is instrumented.
pub(crate) fn parrot() -> Instrumented<Parrot> {
    Instrumented::new(Parrot::default()).passback_for_prompts(true)
}

/// Arguments for a result with a text and with `_meta`.
pub(crate) fn result(phases: usize, text: &str, meta: &Value) -> Value {
    let content = json!([{"type": "text", "text": text}]);
    let mut result = json!({"content": content, "structuredContent": {"text": text}});
    if !meta.is_null() {
        result["_meta"] = meta.clone();
    }
    json!({"phases": phases, "result": result})
}

/// Arguments for an error with data.
pub(crate) fn error(phases: usize, data: &Value) -> Value {
    let mut error = json!({"code": -32001, "message": "down"});
    if !data.is_null() {
        error["data"] = data.clone();
    }
    json!({"phases": phases, "error": error})
}

impl ServerHandler for Parrot {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts();
        ServerConfig::new(capabilities.build())
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(params.arguments.unwrap_or_default());
        for number in 0..arguments["phases"].as_u64().unwrap_or(0) {
            step(number).await;
        }
        if arguments["waits"] == true {
            self.permits.acquire().await.unwrap().forget();
        }
        if arguments["panics"] == true {
            panic!("as it was told");
        }
        if !arguments["error"].is_null() {
            return Err(serde_json::from_value(arguments["error"].clone()).unwrap());
        }
        if let Some(state) = arguments["input"].as_str() {
            let mut result = InputRequiredResult::from_request_state(state);
            result.meta = serde_json::from_value(arguments["_meta"].clone()).unwrap();
            return Ok(CallToolResponse::InputRequired(result));
        }
        let result: CallToolResult = serde_json::from_value(arguments["result"].clone()).unwrap();
        Ok(CallToolResponse::Complete(result))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        step(0).await;
        let contents = ResourceContents::text(params.uri.clone(), params.uri);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        step(0).await;
        Ok(GetPromptResult::new(Vec::new())
            .with_description(params.name)
            .into())
    }
}

#[phase("step", number = number)]
async fn step(number: u64) {
    let _ = number;
    tokio::task::yield_now().await;
}
