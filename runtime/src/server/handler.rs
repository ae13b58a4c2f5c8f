//! Tools and resources as an rmcp handler.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorCode, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio_util::sync::CancellationToken;

use super::resources::DynResources;
use crate::instrument::note_panic;
use crate::tool::{BuiltTool, Injections, ToolCall, ToolContext};

/// What a panic in a tool says to the model. The panic's own text stays on the
/// server: it may hold anything.
const TOOL_PANIC: &str = "the tool failed unexpectedly; the server's log tells more";
/// What a panic in a [`ResourceProvider`](super::ResourceProvider) says.
const RESOURCE_PANIC: &str = "the read failed unexpectedly; the server's log tells more";

/// The tools and resources of one server.
pub(super) struct ToolHandler {
    pub(super) info: ServerConfig,
    /// In the order they were registered.
    pub(super) tools: Vec<Arc<BuiltTool>>,
    pub(super) injections: Arc<Injections>,
    pub(super) resources: Option<Box<dyn DynResources>>,
}

impl fmt::Debug for ToolHandler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.tools.iter().map(|tool| &tool.model.name);
        formatter.debug_set().entries(names).finish()
    }
}

impl ToolHandler {
    fn tool(&self, name: &str) -> Option<&Arc<BuiltTool>> {
        self.tools.iter().find(|tool| tool.model.name == name)
    }

    fn unknown_tool(&self) -> ErrorData {
        let names: Vec<&str> = self
            .tools
            .iter()
            .map(|tool| tool.model.name.as_ref())
            .collect();
        let message = format!(
            "there is no such tool; this server has: {}",
            names.join(", ")
        );
        ErrorData::invalid_params(message, None)
    }
}

/// Why the author's code did not come to its end.
enum Stopped {
    Cancelled,
    Panicked,
}

/// Runs what an author has written. What the client cancels is dropped, as is
/// usual for Rust futures: its phases end as cancelled. A panic is caught here,
/// since otherwise the client would wait for an answer that never comes.
async fn guarded<T>(
    run: impl Future<Output = T>,
    cancelled: &CancellationToken,
) -> Result<T, Stopped> {
    let run = AssertUnwindSafe(run).catch_unwind();
    let outcome = tokio::select! {
        biased;
        outcome = run => outcome,
        () = cancelled.cancelled() => return Err(Stopped::Cancelled),
    };
    outcome.map_err(|_panic| {
        note_panic();
        Stopped::Panicked
    })
}

/// What a [`ResourceProvider`](super::ResourceProvider) has given, or an error
/// if it could not.
fn of_resources<T>(outcome: Result<Result<T, ErrorData>, Stopped>) -> Result<T, ErrorData> {
    outcome.unwrap_or_else(|stopped| match stopped {
        Stopped::Cancelled => Err(cancelled_error()),
        Stopped::Panicked => {
            tracing::error!("a resource provider panicked");
            Err(ErrorData::internal_error(RESOURCE_PANIC, None))
        }
    })
}

fn cancelled_error() -> ErrorData {
    ErrorData::internal_error("the call was cancelled", None)
}

type Request = RequestContext<RoleServer>;

impl ServerHandler for ToolHandler {
    fn get_info(&self) -> ServerConfig {
        self.info.clone()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tool(name).map(|tool| tool.model.clone())
    }

    async fn list_tools(
        &self,
        _params: Option<PaginatedRequestParams>,
        _request: Request,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.tools.iter().map(|tool| tool.model.clone()).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        request: Request,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = self.tool(&params.name).ok_or_else(|| self.unknown_tool())?;
        let cancelled = request.ct.clone();
        let call = ToolCall {
            tool: Arc::clone(tool),
            given: params.arguments,
            injections: Arc::clone(&self.injections),
            context: ToolContext::new(request),
        };
        match guarded((tool.call)(&call), &cancelled).await {
            Ok(answer) => answer
                .or_else(crate::tool::CallError::into_answer)
                .map(CallToolResponse::Complete),
            Err(Stopped::Cancelled) => Err(cancelled_error()),
            Err(Stopped::Panicked) => {
                tracing::error!(tool = %tool.model.name, "a tool panicked");
                let content = vec![ContentBlock::text(TOOL_PANIC)];
                Ok(CallToolResponse::Complete(CallToolResult::error(content)))
            }
        }
    }

    async fn list_resources(
        &self,
        params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListResourcesResult, ErrorData> {
        let Some(resources) = &self.resources else {
            return Ok(ListResourcesResult::default());
        };
        let cursor = params.and_then(|params| params.cursor);
        let cancelled = request.ct.clone();
        let context = ToolContext::new(request);
        let listing = resources.list(cursor.as_deref(), &context);
        of_resources(guarded(listing, &cancelled).await)
    }

    async fn list_resource_templates(
        &self,
        _params: Option<PaginatedRequestParams>,
        _request: Request,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = self
            .resources
            .as_ref()
            .map(|resources| resources.templates());
        Ok(ListResourceTemplatesResult::with_all_items(
            templates.unwrap_or_default(),
        ))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        request: Request,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(resources) = &self.resources else {
            return Err(ErrorData::resource_not_found(
                "this server has no resources",
                None,
            ));
        };
        let cancelled = request.ct.clone();
        let context = ToolContext::new(request);
        let reading = resources.read(&params.uri, &context);
        of_resources(guarded(reading, &cancelled).await).map(ReadResourceResponse::Complete)
    }

    /// A request of a known method ends up here if its parameters do not fit
    /// it; only of others is the method unknown.
    async fn on_custom_request(
        &self,
        custom: CustomRequest,
        _request: Request,
    ) -> Result<CustomResult, ErrorData> {
        let expected = match custom.method.as_str() {
            "tools/call" => "`name` must be a string and `arguments` an object",
            "resources/read" => "`uri` must be a string",
            _ => {
                return Err(ErrorData::new(
                    ErrorCode::METHOD_NOT_FOUND,
                    custom.method,
                    None,
                ));
            }
        };
        let message = format!(
            "the parameters of `{}` do not fit: {expected}",
            custom.method
        );
        Err(ErrorData::invalid_params(message, None))
    }
}
