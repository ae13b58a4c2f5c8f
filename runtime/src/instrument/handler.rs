//! The wrapper around a server's handler.

// `subscribe` and `unsubscribe` are legacy, but still served.
#![expect(
    deprecated,
    reason = "hands on every method of the wrapped handler, also those that are legacy"
)]

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use opentelemetry_sdk::trace::SdkTracerProvider;
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
use rmcp::service::{NotificationContext, RequestContext, Service, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::answer::Answer as _;
use super::metrics::{SessionTimer, Target};
use super::operation::Operation;
use super::options::{Settings, TelemetryMode, TelemetryOptions};
use super::passback_options::PassbackOptions;
use super::recording::{Observation, Recorded};
use super::service::ServiceHandler;
use super::session::SessionEnding;
use super::telemetry::Telemetry;
use crate::lane::Lane;
use crate::passback::{
    PassbackCounts, PassbackGrant, PassbackLimits, PassbackPolicy, PassbackRateLimit,
    PassbackRequest, Secrets, advertise,
};

/// An rmcp server with server execution telemetry, in one line.
///
/// Wraps any [`ServerHandler`] and is one itself, so it goes wherever the
/// handler went, on every transport. What the handler answers stays as it is;
/// requests that ask for spans get them in `_meta.otel`.
///
/// `initialize` and `server/discover` announce the extension
/// [`EXTENSION_ID`](crate::EXTENSION_ID). The older top-level capability has
/// no place in rmcp's types; serve through [`Server`](crate::Server),
/// `glassbox::http::service` or `glassbox::stdio::serve` to have it announced
/// as well, and spans passed back at the least cost.
///
/// Clone one value rather than making many: clones share their recorder.
///
/// # Examples
///
/// ```
/// use glassbox::Instrumented;
/// use rmcp::{ServerHandler, ServiceExt as _, transport};
///
/// struct Counter;
///
/// impl ServerHandler for Counter {}
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let running = Instrumented::new(Counter).serve(transport::stdio()).await?;
/// running.waiting().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Instrumented<H> {
    handler: Arc<H>,
    /// Shared: over stateless HTTP, every request has a clone.
    options: Arc<PassbackOptions>,
    settings: Settings,
    /// Made when it is needed for the first time.
    telemetry: Arc<OnceLock<Telemetry>>,
    /// The session that this clone serves; rmcp makes a clone for each.
    session: SessionTimer,
    session_end: SessionEnding,
}

impl<H> Clone for Instrumented<H> {
    fn clone(&self) -> Self {
        Self {
            handler: Arc::clone(&self.handler),
            options: Arc::clone(&self.options),
            settings: self.settings.clone(),
            telemetry: Arc::clone(&self.telemetry),
            session: SessionTimer::default(),
            session_end: SessionEnding::default(),
        }
    }
}

impl<S: Service<RoleServer>> Instrumented<ServiceHandler<S>> {
    /// Wraps an rmcp service that is not a [`ServerHandler`], such as rmcp's
    /// `Router`. See [`ServiceHandler`] for the one thing that is lost.
    pub fn from_service(service: S) -> Self {
        Self::new(ServiceHandler::new(service))
    }
}

impl<H: ServerHandler> Instrumented<H> {
    /// Wraps `handler`. Its name and version become the `service.name` and
    /// `service.version` of the spans.
    pub fn new(handler: H) -> Self {
        Self {
            handler: Arc::new(handler),
            options: Arc::default(),
            settings: Settings::default(),
            telemetry: Arc::default(),
            session: SessionTimer::default(),
            session_end: SessionEnding::default(),
        }
    }

    /// Sets what of the spans may leave. Default: [`PassbackPolicy::default`].
    #[must_use]
    pub fn passback_policy(self, policy: PassbackPolicy) -> Self {
        self.with_options(|options| options.policy = policy)
    }

    /// Sets how much may leave. Default: [`PassbackLimits::default`].
    #[must_use]
    pub fn passback_limits(self, limits: PassbackLimits) -> Self {
        self.with_options(|options| options.limits = limits)
    }

    /// Decides for each request that asks how much it gets. Default: whatever
    /// it asks for.
    ///
    /// A refused request is answered as if it had not asked. A function that
    /// panics refuses.
    #[must_use]
    pub fn passback_grant(
        self,
        grant: impl Fn(&Request) -> PassbackGrant + Send + Sync + 'static,
    ) -> Self {
        self.with_options(|options| options.gate.set_grant(grant))
    }

    /// Bounds how often callers get spans. Default: no bound. Requests that
    /// the grant refuses do not count.
    #[must_use]
    pub fn passback_rate_limit(self, limit: PassbackRateLimit) -> Self {
        self.with_options(|options| options.gate.set_rate_limit(limit))
    }

    /// Looks for these secrets in everything that leaves. Default: only for
    /// the credentials in the request's own headers, and what
    /// [`redact`](crate::redact()) is told while a request is handled.
    #[must_use]
    pub fn redact(self, secrets: Secrets) -> Self {
        self.with_options(|options| options.secrets = secrets)
    }

    /// Whether spans also carry the attributes that some GenAI back ends need
    /// to show them at all: on every phase `gen_ai.system`,
    /// `gen_ai.operation.name` and the phase as `gen_ai.tool.name`; on the root
    /// `gen_ai.system`, `mcp.method` and `mcp.tool`. Default: `false`, because
    /// a back end that counts tool calls counts every phase as one then.
    #[must_use]
    pub fn reference_profile(self, reference_profile: bool) -> Self {
        self.with_options(|options| options.has_reference_profile = reference_profile)
    }

    /// Whether the spans of `prompts/get` are in answers too, as those of tool
    /// calls and reads are. Default: `false`: SEP-2448 names the other two.
    /// Your own export and metrics see prompts in any case.
    #[must_use]
    pub fn passback_for_prompts(self, passback_for_prompts: bool) -> Self {
        self.with_options(|options| options.covers_prompts = passback_for_prompts)
    }

    fn with_options(mut self, set: impl FnOnce(&mut PassbackOptions)) -> Self {
        set(Arc::make_mut(&mut self.options));
        self.telemetry = Arc::default();
        self
    }

    /// Sets what is exported, measured and handed on, beside passback. Default:
    /// [`TelemetryOptions::new`].
    #[must_use]
    pub fn telemetry(mut self, options: TelemetryOptions) -> Self {
        self.settings = Settings::new(options);
        self.telemetry = Arc::default();
        self
    }

    /// The provider that records, for other instrumentation whose spans are to
    /// join those of the request: `tracing-opentelemetry`, or anything that
    /// uses the global provider if this one is made global.
    ///
    /// Of spans that are not part of a request that was asked for, it records
    /// what the author's sampler says.
    #[must_use]
    pub fn tracer_provider(&self) -> SdkTracerProvider {
        self.recorder().provider.clone()
    }

    /// All options of passback at once.
    pub(crate) fn with_all_options(self, all: PassbackOptions) -> Self {
        self.with_options(|options| *options = all)
    }

    /// What was held back and refused so far.
    #[must_use]
    pub fn passback_counts(&self) -> PassbackCounts {
        self.options.gate.counts()
    }

    /// The wrapped handler.
    #[must_use]
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// Spans that are being recorded right now for clients that asked, over all
    /// requests; 0 when no request that asked for spans is in flight.
    #[must_use]
    pub fn open_spans(&self) -> usize {
        self.telemetry
            .get()
            .map_or(0, |telemetry| telemetry.collector.open_spans())
    }

    /// Waits until what was recorded is exported, as long as the author's
    /// processors take.
    #[cfg(any(feature = "http-server", feature = "stdio"))]
    pub(crate) async fn flush(&self) {
        if !self.settings.exports {
            return;
        }
        let provider = self.tracer_provider();
        let flushed = tokio::task::spawn_blocking(move || provider.force_flush()).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("not all spans were exported");
        }
    }

    fn recorder(&self) -> &Telemetry {
        self.telemetry.get_or_init(|| {
            let info = ServerHandler::get_info(&*self.handler).server_info;
            let own = self.settings.take_own();
            let options = PassbackOptions::clone(&self.options);
            Telemetry::new(info.name, info.version, options, own)
        })
    }

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
