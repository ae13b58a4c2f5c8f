//! A plain rmcp server that does deeds; bare, or wrapped in one line.

#![expect(deprecated, reason = "log messages are legacy, but still served")]

use glassbox::Instrumented;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    CompletionInfo, ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
    Implementation, JsonObject, ListPromptsResult, ListResourcesResult, ListToolsResult,
    LoggingLevel, LoggingMessageNotificationParam, PaginatedRequestParams,
    ProgressNotificationParam, Prompt, PromptMessage, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, Role, ServerCapabilities,
    ServerConfig, SetLevelRequestParams, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use super::deeds::{Failure, Work, deed_of, uri};
use super::setup::Setup;
use super::{NAME, VERSION};

type Request = RequestContext<RoleServer>;

/// The handler.
#[derive(Clone, Debug)]
pub struct Plain(Work);

/// The handler in one line, and what the setup says.
#[must_use]
pub fn wrapped(setup: &Setup) -> Instrumented<Plain> {
    let plain = Plain::new(setup);
    let work = plain.0.clone();
    let grant = setup.grant();
    let wrapped = Instrumented::new(plain)
        .passback_limits(setup.limits())
        .passback_grant(move |_| grant)
        .passback_for_prompts(!setup.ignores_prompts)
        .redact(setup.secrets())
        .telemetry(setup.telemetry());
    work.trace_with(&wrapped.tracer_provider());
    wrapped
}

impl Plain {
    /// The handler without anything around it.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        Self(Work::new(&setup.upstream))
    }
}

fn value_of(arguments: Option<JsonObject>) -> Result<String, ErrorData> {
    match arguments.unwrap_or_default().remove("value") {
        None => Ok(String::new()),
        Some(serde_json::Value::String(value)) => Ok(value),
        Some(_) => Err(ErrorData::invalid_params("`value` must be a string", None)),
    }
}

/// Tells the client how far it is, twice, and something for its log.
async fn notify(request: &Request) -> String {
    if let Some(token) = request.meta.get_progress_token() {
        for progress in [1.0, 2.0] {
            let params = ProgressNotificationParam::new(token.clone(), progress).with_total(2.0);
            request.peer.notify_progress(params).await.unwrap();
        }
    }
    let log = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!("halfway"));
    request.peer.notify_logging_message(log).await.unwrap();
    "done".to_owned()
}

impl Plain {
    async fn perform(&self, deed: &str, value: &str, request: &Request) -> Result<String, Failure> {
        if deed == "notify" {
            return Ok(notify(request).await);
        }
        self.0.perform(deed, value).await
    }
}

/// A failure where there is no place for words to the model.
fn protocol(failure: Failure, unknown: ErrorData) -> ErrorData {
    match failure {
        Failure::Told(error) => ErrorData::internal_error(error.to_string(), None),
        Failure::Protocol(error) => error,
        Failure::Unknown => unknown,
    }
}

impl ServerHandler for Plain {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .enable_logging()
            .enable_completions()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new(NAME, VERSION))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Request,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("stages", "Works in stages", JsonObject::default());
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        request: Request,
    ) -> Result<CallToolResponse, ErrorData> {
        let value = value_of(params.arguments)?;
        let result = match self.perform(&params.name, &value, &request).await {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
            Err(Failure::Told(error)) => {
                CallToolResult::error(vec![ContentBlock::text(error.to_string())])
            }
            Err(failure) => {
                let unknown = ErrorData::invalid_params("there is no such tool", None);
                return Err(protocol(failure, unknown));
            }
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Request,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resource = Resource::new(uri("stages", ""), "stages");
        Ok(ListResourcesResult::with_all_items(vec![resource]))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        request: Request,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let not_found = || ErrorData::resource_not_found("there is no such resource", None);
        let (deed, value) = deed_of(&params.uri).ok_or_else(not_found)?;
        let text = self.perform(deed, value, &request).await;
        let text = text.map_err(|failure| protocol(failure, not_found()))?;
        let contents = vec![ResourceContents::text(text, params.uri)];
        Ok(ReadResourceResult::new(contents).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Request,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = Prompt::new("stages", Some("Works in stages"), None);
        Ok(ListPromptsResult::with_all_items(vec![prompt]))
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        request: Request,
    ) -> Result<GetPromptResponse, ErrorData> {
        let value = value_of(params.arguments)?;
        let text = self.perform(&params.name, &value, &request).await;
        let unknown = ErrorData::invalid_params("there is no such prompt", None);
        let text = text.map_err(|failure| protocol(failure, unknown))?;
        let message = PromptMessage::new_text(Role::User, text);
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: Request,
    ) -> Result<CompleteResult, ErrorData> {
        let completion = CompletionInfo::new(vec!["stages".to_owned()]);
        Ok(CompleteResult::new(completion.unwrap()))
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: Request) -> Result<(), ErrorData> {
        Ok(())
    }
}
