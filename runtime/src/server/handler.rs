//! Tools, resources and prompts as an rmcp handler.

use std::fmt;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorCode, GetPromptRequestParams, GetPromptResponse, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerConfig, SubscriptionFilter, Tool,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

#[cfg(feature = "auth")]
use super::access::Access;
use super::attend::attend;
use super::consent::Asking;
use super::prompts::Prompts;
use super::resources::Resources;
use super::switch::ToolSwitch;
use super::tools::OfferedTool;
use super::tools::Tools;
use crate::instrument::SessionEnd;
use crate::tool::{Injections, Provided, ToolCall, ToolContext};

/// What a panic in a tool says to the model. The panic's own text stays on the
/// server: it may hold anything.
const PANIC_MESSAGE: &str = "the tool failed unexpectedly; the server's log tells more";
/// The same of all else.
const OTHER_PANIC_MESSAGE: &str = "the server failed unexpectedly; its log tells more";

/// Whether the caller of a request is told of what needs these scopes.
pub(super) trait Shows: Fn(&Request, &[&str]) -> bool + Send {}

impl<F: Fn(&Request, &[&str]) -> bool + Send> Shows for F {}

/// The tools, resources and prompts of one server.
pub(super) struct ToolHandler {
    pub(super) info: ServerConfig,
    pub(super) tools: Tools,
    pub(super) resources: Resources,
    pub(super) prompts: Prompts,
    pub(super) switch: Option<ToolSwitch>,
    pub(super) injections: Arc<Injections>,
    #[cfg(feature = "auth")]
    pub(super) access: Access,
}

impl ToolHandler {
    /// Who is told of what needs scopes.
    #[cfg(feature = "auth")]
    fn shows(&self) -> impl Shows {
        |request: &Request, scopes: &[&str]| self.access.shows(request, scopes)
    }

    /// Everybody is told of everything.
    #[cfg(not(feature = "auth"))]
    #[expect(clippy::unused_self, reason = "as with the feature `auth`")]
    fn shows(&self) -> impl Shows {
        |_: &Request, _: &[&str]| true
    }

    /// The tools that the caller of `request` is told of.
    fn shown<'a>(&'a self, request: &'a Request) -> impl Iterator<Item = &'a OfferedTool> {
        let (tools, shows) = (self.tools.enabled(), self.shows());
        tools.filter(move |tool| shows(request, tool.built.scopes))
    }

    /// The request, with its caller where the transport does not tell.
    #[cfg(feature = "auth")]
    fn identified(&self, mut request: Request) -> Request {
        self.access.identify(&mut request);
        request
    }

    /// The request, of nobody in particular.
    #[cfg(not(feature = "auth"))]
    #[expect(clippy::unused_self, reason = "as with the feature `auth`")]
    fn identified(&self, request: Request) -> Request {
        request
    }
}

impl fmt::Debug for ToolHandler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ToolHandler")
            .field("tools", &self.tools)
            .field("resources", &self.resources)
            .field("prompts", &self.prompts)
            .finish_non_exhaustive()
    }
}

pub(super) type Request = RequestContext<RoleServer>;
type Notification = NotificationContext<RoleServer>;

impl ServerHandler for ToolHandler {
    fn get_info(&self) -> ServerConfig {
        self.info.clone()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.get(name).map(|tool| tool.built.model.clone())
    }

    async fn list_tools(
        &self,
        _params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListToolsResult, ErrorData> {
        let request = self.identified(request);
        let tools = self.shown(&request).map(|tool| tool.built.model.clone());
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        request: Request,
    ) -> Result<CallToolResponse, ErrorData> {
        // What the tool does not borrow is gone before it runs.
        let (tool, asking, running) = {
            let (params, mut request) = (params, self.identified(request));
            let found = self.tools.get(&params.name);
            let tool = found.ok_or_else(|| Tools::unknown(self.shown(&request)))?;
            #[cfg(feature = "auth")]
            if let Some(refusal) = self.access.refusal(&request, "tool", tool.built.scopes) {
                return refusal.into_tool_answer();
            }
            let asking = Asking::begin(&mut request, params.input_responses.as_ref());
            if let Some(declined) = asking.declined() {
                return declined;
            }
            let cancelled = request.ct.clone();
            let borrowed = tool.built.borrows_context;
            let context = borrowed.then(|| ToolContext::new(request));
            let call = ToolCall::new(
                Arc::clone(&tool.built),
                tool.receiver.clone(),
                params.arguments,
                Provided::new(Arc::clone(&self.injections), context),
            );
            let code = async move { (tool.built.call)(call).await };
            (tool, asking, attend(code, &cancelled))
        };
        match running.await? {
            Some(answer) => {
                let answer = answer.or_else(crate::tool::CallError::into_answer);
                asking.answer(answer.map(CallToolResponse::Complete))
            }
            None => {
                tracing::error!(tool = %tool.built.model.name, "a tool panicked");
                let content = vec![ContentBlock::text(PANIC_MESSAGE)];
                Ok(CallToolResponse::Complete(CallToolResult::error(content)))
            }
        }
    }

    /// A session tells its client from now on when what it offers changes.
    async fn on_initialized(&self, notification: Notification) {
        if let Some(switch) = &self.switch
            && let Some(ended) = notification.extensions.get::<SessionEnd>()
        {
            let telling = switch.tell(notification.peer, ended.clone());
            tokio::spawn(telling);
        }
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // rmcp keeps of it what the capabilities say.
        self.switch.as_ref().map(|_| requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        match &self.switch {
            // Seldom, and large: other requests are not to have its room.
            Some(switch) => Box::pin(switch.tell_subscriber(&subscription)).await,
            None => subscription.cancelled().await,
        }
        Ok(())
    }

    async fn list_resources(
        &self,
        params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = params.and_then(|params| params.cursor);
        let cancelled = request.ct.clone();
        let context = ToolContext::new(self.identified(request));
        let shows = self.shows();
        let listing = self.resources.list(cursor.as_deref(), &context, shows);
        attend(listing, &cancelled)
            .await?
            .ok_or_else(|| panic_in("resource"))?
    }

    async fn list_resource_templates(
        &self,
        _params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let cancelled = request.ct.clone();
        let request = self.identified(request);
        let listing = async { self.resources.templates(&request, self.shows()) };
        let templates = attend(listing, &cancelled).await?;
        let templates = templates.ok_or_else(|| panic_in("resource"))?;
        Ok(ListResourceTemplatesResult::with_all_items(templates))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        request: Request,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (asking, reading) = {
            let (params, mut request) = (params, self.identified(request));
            let found = self.resources.find(&params.uri);
            #[cfg(feature = "auth")]
            if let Some(refusal) = self.access.refusal(&request, "resource", found.scopes()) {
                return Err(refusal.into_error());
            }
            let asking = Asking::begin(&mut request, params.input_responses.as_ref());
            if let Some(declined) = asking.declined() {
                return declined;
            }
            let cancelled = request.ct.clone();
            let (injections, context) = (Arc::clone(&self.injections), ToolContext::new(request));
            let resources = &self.resources;
            let code = resources.read(found, params.uri, injections, context, self.shows());
            (asking, attend(code, &cancelled))
        };
        let result = reading.await?;
        let result = result.ok_or_else(|| panic_in("resource"))?;
        asking.answer(result.map(ReadResourceResponse::Complete))
    }

    async fn list_prompts(
        &self,
        _params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListPromptsResult, ErrorData> {
        let request = self.identified(request);
        let shown = self.prompts.list(&request, self.shows());
        Ok(ListPromptsResult::with_all_items(shown))
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        request: Request,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (asking, making) = {
            let (params, mut request) = (params, self.identified(request));
            let found = self.prompts.get(&params.name);
            let prompt = found.ok_or_else(|| self.prompts.unknown(&request, self.shows()))?;
            #[cfg(feature = "auth")]
            if let Some(refusal) = self
                .access
                .refusal(&request, "prompt", prompt.definition.scopes)
            {
                return Err(refusal.into_error());
            }
            let asking = Asking::begin(&mut request, params.input_responses.as_ref());
            if let Some(declined) = asking.declined() {
                return declined;
            }
            let cancelled = request.ct.clone();
            let provided = Provided::new(Arc::clone(&self.injections), ToolContext::new(request));
            let code = Prompts::make(prompt, params.arguments, provided);
            // Seldom, and larger than a call of a tool, which is not to have its room.
            (asking, attend(Box::pin(code), &cancelled))
        };
        let result = making.await?;
        let result = result.ok_or_else(|| panic_in("prompt"))?;
        asking.answer(result.map(GetPromptResponse::Complete))
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
            "prompts/get" => "`name` must be a string and `arguments` an object",
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

fn panic_in(what: &str) -> ErrorData {
    tracing::error!("a {what} panicked");
    ErrorData::internal_error(OTHER_PANIC_MESSAGE, None)
}
