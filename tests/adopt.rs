//! An existing rmcp server, wrapped.

use glassbox::{EXTENSION_ID, Instrumented, PassbackGrant, Secrets, phase};
use rmcp::handler::server::router::Router;
use rmcp::handler::server::tool::ToolRouter;
use rmcp::model::{
    GetPromptRequestParams, GetPromptResponse, GetPromptResult, PromptMessage, Role,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, Service, tool, tool_handler, tool_router};
use serde_json::{Value, json};
use support::pipe::Pipe;
use support::tree::{attributes, span, text, tree};
use support::wire::{STATELESS, ask, initialize};

#[derive(Clone)]
struct Counter {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Counter {
    fn new() -> Self {
        Self {
            tool_router: Self::tool_router(),
        }
    }

    #[tool(description = "Counts")]
    async fn count(&self) -> String {
        step().await;
        "1".to_owned()
    }
}

#[phase("step")]
async fn step() {
    tokio::task::yield_now().await;
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Counter {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder();
        ServerConfig::new(capabilities.enable_tools().enable_prompts().build())
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        step().await;
        if params.name != "greeting" {
            return Err(ErrorData::invalid_params("there is no such prompt", None));
        }
        let greeting = PromptMessage::new_text(Role::User, "Hello");
        Ok(GetPromptResult::new(vec![greeting]).into())
    }
}

/// A service that is not a handler.
struct Plain(Counter);

impl Service<RoleServer> for Plain {
    async fn handle_request(
        &self,
        request: rmcp::model::ClientRequest,
        context: rmcp::service::RequestContext<RoleServer>,
    ) -> Result<rmcp::model::ServerResult, rmcp::ErrorData> {
        Service::handle_request(&self.0, request, context).await
    }

    async fn handle_notification(
        &self,
        notification: rmcp::model::ClientNotification,
        context: rmcp::service::NotificationContext<RoleServer>,
    ) -> Result<(), rmcp::ErrorData> {
        Service::handle_notification(&self.0, notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        Service::get_info(&self.0)
    }
}

fn call(meta: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "count", "arguments": {}, "_meta": meta}})
}

async fn check<H: ServerHandler>(handler: Instrumented<H>) {
    let mut pipe = Pipe::serve(handler.clone());
    let answer = pipe.send(initialize()).await;
    let capabilities = &answer["result"]["capabilities"];
    assert_eq!(capabilities["extensions"][EXTENSION_ID], json!({}));
    assert_eq!(
        capabilities["serverExecutionTelemetry"]["version"],
        "2026-03-01"
    );
    let answer = pipe.send(call(json!({}))).await;
    assert_eq!((text(&answer), answer["result"].get("_meta")), ("1", None));
    let answer = pipe.send(call(ask(true))).await;
    assert_eq!(tree(&answer), "tools/call count SERVER\n  step\n");
    assert_eq!(text(&answer), "1");
    assert!(span(&answer, "step")["parentSpanId"].is_string());
    assert_eq!(handler.open_spans(), 0);
}

#[tokio::test]
async fn a_tool_router_is_wrapped_in_one_line() {
    check(Instrumented::new(Counter::new())).await;
}

#[tokio::test]
async fn a_service_that_is_no_handler_is_wrapped_as_well() {
    check(Instrumented::from_service(Plain(Counter::new()))).await;
    let router = Router::new(Counter::new()).with_tools(Counter::tool_router());
    check(Instrumented::from_service(router)).await;
}

#[tokio::test]
async fn prompts_are_observed_if_the_author_says_so() {
    let get = |name: &str, meta: Value| {
        let params = json!({"name": name, "_meta": meta});
        json!({"jsonrpc": "2.0", "id": 2, "method": "prompts/get", "params": params})
    };
    for is_on in [false, true] {
        let handler = Instrumented::new(Counter::new()).passback_for_prompts(is_on);
        let mut pipe = Pipe::serve(handler.clone());
        pipe.send(initialize()).await;
        for meta in [ask(false), json!({})] {
            let asked = meta != json!({});
            let answer = pipe.send(get("greeting", meta)).await;
            let message = &answer["result"]["messages"][0]["content"]["text"];
            assert_eq!(message, "Hello", "{answer:#}");
            if is_on && asked {
                let expected = "prompts/get greeting SERVER\n  step\n";
                assert_eq!(tree(&answer), expected);
                let root = attributes(span(&answer, "prompts/get greeting"));
                assert_eq!(root["mcp.method.name"], "prompts/get");
                assert_eq!(root["gen_ai.prompt.name"], "greeting");
            } else {
                assert_eq!(answer["result"].get("_meta"), None);
            }
        }
        let answer = pipe.send(get("other", ask(true))).await;
        assert_eq!(answer["error"]["code"], -32602);
        assert_eq!(answer["error"].get("data").is_some(), is_on);
        assert_eq!(handler.open_spans(), 0);
    }
}

#[tokio::test]
async fn an_adopted_server_refuses_and_redacts_as_well() {
    let refusing = Instrumented::new(Counter::new()).passback_grant(|_| PassbackGrant::Refuse);
    let mut pipe = Pipe::serve(refusing.clone());
    pipe.send(initialize()).await;
    let answer = pipe.send(call(ask(true))).await;
    assert_eq!((text(&answer), answer["result"].get("_meta")), ("1", None));
    assert_eq!(refusing.passback_counts().refused_requests, 1);

    let redacting = Instrumented::new(Counter::new()).redact(Secrets::new(["call count"]).unwrap());
    let mut pipe = Pipe::serve(redacting.clone());
    pipe.send(initialize()).await;
    let answer = pipe.send(call(ask(true))).await;
    assert_eq!(tree(&answer), "tools/[redacted] SERVER\n  step\n");
    assert_eq!(redacting.passback_counts().redacted_secrets, 1);
}

#[tokio::test]
async fn discovery_goes_through() {
    let mut pipe = Pipe::serve(Instrumented::from_service(Plain(Counter::new())));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let discover =
        json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
    let answer = pipe.send(discover).await;
    assert_eq!(
        answer["result"]["capabilities"]["extensions"][EXTENSION_ID],
        json!({}),
        "{answer:#}"
    );
}
