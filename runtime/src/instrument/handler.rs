//! Every request to a server's handler, on its way.

// `subscribe` and `unsubscribe` are legacy, but still served.
#![expect(
    deprecated,
    reason = "hands on every method of the wrapped handler, also those that are legacy"
)]

use std::borrow::Cow;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CancelledNotificationParam,
    CompleteRequestParams, CompleteResult, CustomNotification, CustomRequest, CustomResult,
    DiscoverResult, GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams,
    GetSkillResult, GetTaskParams, GetTaskResult, InitializeRequestParams, InitializeResult,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
    ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams,
    ReadResourceResponse, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
    SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::answer::Answer as _;
use super::instrumented::Instrumented;
use super::metrics::Target;
use super::operation::Operation;
use super::options::TelemetryMode;
use super::recording::{Observation, Recorded};
use crate::lane::Lane;
use crate::passback::{PassbackRequest, advertise};

impl<H: ServerHandler> Instrumented<H> {
    fn passes_back(&self) -> bool {
        self.settings.mode == TelemetryMode::On
    }

    /// What the caller of `request` gets.
    fn passback(&self, request: &Request) -> PassbackRequest {
        match self.settings.mode {
            TelemetryMode::On => self.options.gate.decide(request),
            TelemetryMode::PropagateOnly | TelemetryMode::Off => PassbackRequest::Off,
        }
    }

    /// What is to be done about `request`. The operation is described only
    /// where somebody looks.
    fn observe(
        &self,
        request: &Request,
        passback: PassbackRequest,
        operation: impl FnOnce() -> Operation,
    ) -> Observation<'_> {
        let records =
            passback != PassbackRequest::Off || self.passes_back() && self.settings.exports;
        let propagates = self.settings.mode != TelemetryMode::Off;
        let metrics = self.settings.metrics.as_ref().filter(|_| propagates);
        let operation = (records || metrics.is_some()).then(operation);
        Observation {
            propagates,
            timer: metrics
                .zip(operation.as_ref())
                .map(|(metrics, operation)| metrics.operation(operation.method, request)),
            recording: operation.filter(|_| records).map(|operation| Recorded {
                telemetry: self.recorder(),
                passback,
                operation,
            }),
        }
    }

    // What follows are no `async fn`s, which would hold their parameters, and what
    // they are handed to, for as long as the handler runs.

    /// Calls a tool under observation.
    fn observed_tool_call(
        &self,
        params: CallToolRequestParams,
        request: Request,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> {
        let passback = self.passback(&request);
        let observation = self.observe(&request, passback, || Operation::tool_call(&params.name));
        let name = observation.timer.is_some().then(|| params.name.clone());
        let run = |request| self.handler.call_tool(params, request);
        // An answer without an error tells that there is such a tool.
        let known = |result: &Result<CallToolResponse, ErrorData>| {
            let succeeded = result.as_ref().is_ok_and(|answer| !answer.is_error());
            name.filter(|name| succeeded || self.handler.get_tool(name).is_some())
                .map(|name| Target::Tool(name.into_owned()))
        };
        observation.run(request, run, known)
    }

    /// Reads a resource under observation.
    fn observed_read(
        &self,
        params: ReadResourceRequestParams,
        request: Request,
    ) -> impl Future<Output = Result<ReadResourceResponse, ErrorData>> {
        let passback = self.passback(&request);
        let observation =
            self.observe(&request, passback, || Operation::resource_read(&params.uri));
        let run = |request| self.handler.read_resource(params, request);
        observation.run(request, run, |_| None)
    }

    /// Gets a prompt under observation.
    fn observed_prompt(
        &self,
        params: GetPromptRequestParams,
        request: Request,
    ) -> impl Future<Output = Result<GetPromptResponse, ErrorData>> {
        // The author's own telemetry sees prompts in any case.
        let passback = if self.options.covers_prompts {
            self.passback(&request)
        } else {
            PassbackRequest::Off
        };
        let observation = self.observe(&request, passback, || Operation::prompt(&params.name));
        let name = observation.timer.is_some().then(|| params.name.clone());
        let run = |request| self.handler.get_prompt(params, request);
        // An answer tells that there is such a prompt.
        let known = |result: &Result<GetPromptResponse, ErrorData>| {
            name.filter(|_| result.is_ok()).map(Target::Prompt)
        };
        observation.run(request, run, known)
    }
}

type Request = RequestContext<RoleServer>;
type Notification = NotificationContext<RoleServer>;

impl<H: ServerHandler> ServerHandler for Instrumented<H> {
    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        request: Request,
    ) -> Result<CallToolResponse, ErrorData> {
        self.observed_tool_call(params, request).await
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        request: Request,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.observed_read(params, request).await
    }

    async fn initialize(
        &self,
        params: InitializeRequestParams,
        request: Request,
    ) -> Result<InitializeResult, ErrorData> {
        let metrics = self.settings.metrics.as_ref();
        let metrics = metrics.filter(|_| self.settings.mode != TelemetryMode::Off);
        let timer = metrics.map(|metrics| metrics.session(&request));
        Lane::announce(&request.extensions);
        let mut result = self.handler.initialize(params, request).await;
        if let Some(timer) = timer {
            let agreed = result.as_ref().map(|result| &result.protocol_version);
            self.session.begin(timer, agreed);
        }
        if self.passes_back()
            && let Ok(result) = &mut result
        {
            advertise(&mut result.capabilities);
        }
        result
    }

    async fn discover(&self, request: Request) -> Result<DiscoverResult, ErrorData> {
        Lane::announce(&request.extensions);
        let mut result = self.handler.discover(request).await?;
        if self.passes_back() {
            advertise(&mut result.capabilities);
        }
        Ok(result)
    }

    fn get_info(&self) -> ServerConfig {
        let mut info = ServerHandler::get_info(&*self.handler);
        if self.passes_back() {
            advertise(&mut info.capabilities);
        }
        info
    }

    // From here on everything is handed on as it is.

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        ServerHandler::supported_protocol_versions(&*self.handler)
    }

    async fn ping(&self, request: Request) -> Result<(), ErrorData> {
        self.handler.ping(request).await
    }

    async fn complete(
        &self,
        params: CompleteRequestParams,
        request: Request,
    ) -> Result<CompleteResult, ErrorData> {
        self.handler.complete(params, request).await
    }

    async fn set_level(
        &self,
        params: SetLevelRequestParams,
        request: Request,
    ) -> Result<(), ErrorData> {
        self.handler.set_level(params, request).await
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        request: Request,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.observed_prompt(params, request).await
    }

    async fn list_prompts(
        &self,
        params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.handler.list_prompts(params, request).await
    }

    async fn list_resources(
        &self,
        params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.handler.list_resources(params, request).await
    }

    async fn list_resource_templates(
        &self,
        params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.handler.list_resource_templates(params, request).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.handler.accepted_subscription_filter(requested)
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.handler.listen(subscription).await
    }

    async fn subscribe(
        &self,
        params: SubscribeRequestParams,
        request: Request,
    ) -> Result<(), ErrorData> {
        self.handler.subscribe(params, request).await
    }

    async fn unsubscribe(
        &self,
        params: UnsubscribeRequestParams,
        request: Request,
    ) -> Result<(), ErrorData> {
        self.handler.unsubscribe(params, request).await
    }

    async fn list_tools(
        &self,
        params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListToolsResult, ErrorData> {
        self.handler.list_tools(params, request).await
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.handler.get_tool(name)
    }

    async fn on_custom_request(
        &self,
        custom: CustomRequest,
        request: Request,
    ) -> Result<CustomResult, ErrorData> {
        self.handler.on_custom_request(custom, request).await
    }

    async fn on_cancelled(&self, params: CancelledNotificationParam, notification: Notification) {
        self.handler.on_cancelled(params, notification).await;
    }

    async fn on_progress(&self, params: ProgressNotificationParam, notification: Notification) {
        self.handler.on_progress(params, notification).await;
    }

    async fn on_initialized(&self, mut notification: Notification) {
        notification.extensions.insert(self.session_end.watch());
        self.handler.on_initialized(notification).await;
    }

    async fn on_roots_list_changed(&self, notification: Notification) {
        self.handler.on_roots_list_changed(notification).await;
    }

    async fn on_custom_notification(&self, custom: CustomNotification, notification: Notification) {
        self.handler
            .on_custom_notification(custom, notification)
            .await;
    }

    async fn get_task(
        &self,
        params: GetTaskParams,
        request: Request,
    ) -> Result<GetTaskResult, ErrorData> {
        self.handler.get_task(params, request).await
    }

    async fn update_task(
        &self,
        params: UpdateTaskParams,
        request: Request,
    ) -> Result<(), ErrorData> {
        self.handler.update_task(params, request).await
    }

    async fn cancel_task(
        &self,
        params: CancelTaskParams,
        request: Request,
    ) -> Result<(), ErrorData> {
        self.handler.cancel_task(params, request).await
    }

    async fn list_skills(
        &self,
        params: Option<PaginatedRequestParams>,
        request: Request,
    ) -> Result<ListSkillsResult, ErrorData> {
        self.handler.list_skills(params, request).await
    }

    async fn get_skill(
        &self,
        params: GetSkillRequestParams,
        request: Request,
    ) -> Result<GetSkillResult, ErrorData> {
        self.handler.get_skill(params, request).await
    }

    async fn read_resource_directory(
        &self,
        params: ReadResourceDirectoryRequestParams,
        request: Request,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        self.handler.read_resource_directory(params, request).await
    }
}
