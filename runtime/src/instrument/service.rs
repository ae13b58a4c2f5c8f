//! rmcp services that are not handlers.

#![expect(
    deprecated,
    reason = "hands on every request, also those that are legacy"
)]

use std::borrow::Cow;

use rmcp::model::*;
use rmcp::service::{NotificationContext, RequestContext, Service};
use rmcp::{ErrorData, RoleServer, ServerHandler};

/// An rmcp [`Service`] as a [`ServerHandler`], for services such as rmcp's
/// `Router` that implement only the former.
///
/// Every request goes to the service as it came. Lost is `subscriptions/listen`
/// (2026-07-28): rmcp establishes a subscription before it asks a handler, and
/// gives a service no way to take it over, so it answers "method not found".
#[derive(Debug)]
pub struct ServiceHandler<S>(S);

impl<S> ServiceHandler<S> {
    pub(super) fn new(service: S) -> Self {
        Self(service)
    }
}

type Context = RequestContext<RoleServer>;

fn unexpected() -> ErrorData {
    ErrorData::internal_error(
        "the service answered with the result of another method",
        None,
    )
}

/// An answer that says no more than that there is one.
fn ignore<T>(_: T) {}

/// Sends a request to the service and takes the result apart.
macro_rules! ask {
    ($self:ident, $context:ident, $request:expr, $($result:ident => $answer:expr),+) => {
        match $self.0.handle_request($request, $context).await? {
            $(ServerResult::$result(result) => Ok($answer(result)),)+
            _ => Err(unexpected()),
        }
    };
}

/// Methods whose request and result have one form each.
macro_rules! forward {
    ($($method:ident($params:ty) -> $result:ident: $request:expr;)+) => {$(
        async fn $method(&self, params: $params, context: Context) -> Result<$result, ErrorData> {
            ask!(self, context, $request(params), $result => std::convert::identity)
        }
    )+};
}

/// Methods that answer with nothing.
macro_rules! forward_to_nothing {
    ($($method:ident($params:ty): $request:expr;)+) => {$(
        async fn $method(&self, params: $params, context: Context) -> Result<(), ErrorData> {
            ask!(self, context, $request(params), EmptyResult => ignore, TaskAckResult => ignore)
        }
    )+};
}

fn optional<M: Default>(
    params: Option<PaginatedRequestParams>,
) -> RequestOptionalParam<M, PaginatedRequestParams> {
    let mut request = RequestOptionalParam::with_param(PaginatedRequestParams::default());
    request.params = params;
    request
}

impl<S: Service<RoleServer>> ServerHandler for ServiceHandler<S> {
    fn get_info(&self) -> ServerConfig {
        self.0.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.0.supported_protocol_versions()
    }

    forward! {
        initialize(InitializeRequestParams) -> InitializeResult:
            |params| ClientRequest::InitializeRequest(Request::new(params));
        complete(CompleteRequestParams) -> CompleteResult:
            |params| ClientRequest::CompleteRequest(Request::new(params));
        list_prompts(Option<PaginatedRequestParams>) -> ListPromptsResult:
            |params| ClientRequest::ListPromptsRequest(optional(params));
        list_resources(Option<PaginatedRequestParams>) -> ListResourcesResult:
            |params| ClientRequest::ListResourcesRequest(optional(params));
        list_resource_templates(Option<PaginatedRequestParams>) -> ListResourceTemplatesResult:
            |params| ClientRequest::ListResourceTemplatesRequest(optional(params));
        list_tools(Option<PaginatedRequestParams>) -> ListToolsResult:
            |params| ClientRequest::ListToolsRequest(optional(params));
        list_skills(Option<PaginatedRequestParams>) -> ListSkillsResult:
            |params| ClientRequest::ListSkillsRequest(optional(params));
        get_skill(GetSkillRequestParams) -> GetSkillResult:
            |params| ClientRequest::GetSkillRequest(Request::new(params));
        get_task(GetTaskParams) -> GetTaskResult:
            |params| ClientRequest::GetTaskRequest(Request::new(params));
        on_custom_request(CustomRequest) -> CustomResult:
            ClientRequest::CustomRequest;
    }

    forward_to_nothing! {
        set_level(SetLevelRequestParams): |params| ClientRequest::SetLevelRequest(Request::new(params));
        subscribe(SubscribeRequestParams): |params| ClientRequest::SubscribeRequest(Request::new(params));
        unsubscribe(UnsubscribeRequestParams): |params| ClientRequest::UnsubscribeRequest(Request::new(params));
        update_task(UpdateTaskParams): |params| ClientRequest::UpdateTaskRequest(Request::new(params));
        cancel_task(CancelTaskParams): |params| ClientRequest::CancelTaskRequest(Request::new(params));
    }

    async fn ping(&self, context: Context) -> Result<(), ErrorData> {
        let request = ClientRequest::PingRequest(PingRequest::default());
        ask!(self, context, request, EmptyResult => ignore)
    }

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        let request =
            ClientRequest::DiscoverRequest(DiscoverRequest::new(DiscoverRequestParams::default()));
        ask!(self, context, request, DiscoverResult => std::convert::identity)
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let request = ClientRequest::CallToolRequest(Request::new(params));
        ask!(self, context, request,
            CallToolResult => CallToolResponse::Complete,
            InputRequiredResult => CallToolResponse::InputRequired,
            CreateTaskResult => CallToolResponse::Task)
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let request = ClientRequest::ReadResourceRequest(Request::new(params));
        ask!(self, context, request,
            ReadResourceResult => ReadResourceResponse::Complete,
            InputRequiredResult => ReadResourceResponse::InputRequired)
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let request = ClientRequest::GetPromptRequest(Request::new(params));
        ask!(self, context, request,
            GetPromptResult => GetPromptResponse::Complete,
            InputRequiredResult => GetPromptResponse::InputRequired)
    }

    async fn read_resource_directory(
        &self,
        params: ReadResourceDirectoryRequestParams,
        context: Context,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        let request = ClientRequest::ReadResourceDirectoryRequest(Request::new(params));
        ask!(self, context, request, ListResourcesResult => std::convert::identity)
    }

    async fn on_cancelled(
        &self,
        params: CancelledNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        self.notify(
            ClientNotification::CancelledNotification(Notification::new(params)),
            context,
        )
        .await;
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        self.notify(
            ClientNotification::ProgressNotification(Notification::new(params)),
            context,
        )
        .await;
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let notification = InitializedNotification::default();
        self.notify(
            ClientNotification::InitializedNotification(notification),
            context,
        )
        .await;
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        let notification = RootsListChangedNotification::default();
        self.notify(
            ClientNotification::RootsListChangedNotification(notification),
            context,
        )
        .await;
    }

    async fn on_custom_notification(
        &self,
        custom: CustomNotification,
        context: NotificationContext<RoleServer>,
    ) {
        self.notify(ClientNotification::CustomNotification(custom), context)
            .await;
    }
}

impl<S: Service<RoleServer>> ServiceHandler<S> {
    async fn notify(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) {
        if let Err(error) = self.0.handle_notification(notification, context).await {
            tracing::warn!(%error, "the service refused a notification");
        }
    }
}
