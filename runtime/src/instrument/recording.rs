//! One request under observation.

use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{Link, SpanBuilder, SpanId, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::answer::Answer;
use super::operation::Operation;
use super::telemetry::Telemetry;
use crate::passback::{
    Bucket, Passback, PassbackRequest, Scope, ScopeGuard, attach_to_error, attach_to_meta,
};
use crate::{propagation, semconv};

/// Runs one request as an operation: under the trace context its `_meta`
/// names, and with its spans in the answer if it asks for them.
///
/// Nobody asked: the request runs as it would without Glassbox, except that
/// calls to other servers carry the caller's trace context (S01, S17).
pub(super) async fn observe<'a, A: Answer>(
    telemetry: impl FnOnce() -> &'a Telemetry,
    asked: Option<Asked>,
    request: RequestContext<RoleServer>,
    run: impl AsyncFnOnceSend<A>,
) -> Result<A, ErrorData> {
    let parent = propagation::extract(&request.meta);
    let Some(Asked {
        passback,
        operation,
    }) = asked
    else {
        return match parent {
            Some(parent) => run.call(request).with_context(parent).await,
            None => run.call(request).await,
        };
    };
    let operation = operation.describe(&request);
    let recording = Recording::start(telemetry(), passback, operation, parent);
    let context = recording.context.clone();
    let result = run.call(request).with_context(context).await;
    recording.finish(result)
}

/// What a request asks to see, and of what.
pub(super) struct Asked {
    passback: PassbackRequest,
    operation: Operation,
}

impl Asked {
    /// What `request` asks to see of an operation that is described only then;
    /// nothing if it does not ask.
    pub(super) fn by(
        request: &RequestContext<RoleServer>,
        operation: impl FnOnce() -> Operation,
    ) -> Option<Self> {
        match PassbackRequest::from_meta(&request.meta) {
            PassbackRequest::Off => None,
            passback => Some(Self {
                passback,
                operation: operation(),
            }),
        }
    }
}

/// A function of the request that returns a `Send` future.
pub(super) trait AsyncFnOnceSend<A>: Send {
    fn call(
        self,
        request: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<A, ErrorData>> + Send;
}

impl<A, F, Run> AsyncFnOnceSend<A> for Run
where
    Run: FnOnce(RequestContext<RoleServer>) -> F + Send,
    F: Future<Output = Result<A, ErrorData>> + Send,
{
    fn call(
        self,
        request: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<A, ErrorData>> + Send {
        self(request)
    }
}

/// A request whose spans are being collected.
struct Recording<'a> {
    telemetry: &'a Telemetry,
    passback: PassbackRequest,
    /// Holds the root span and the scope.
    context: Context,
    guard: ScopeGuard,
}

impl<'a> Recording<'a> {
    fn start(
        telemetry: &'a Telemetry,
        passback: PassbackRequest,
        operation: Operation,
        parent: Option<Context>,
    ) -> Self {
        let ambient = Context::map_current(|context| context.span().span_context().clone());
        let parent = parent.unwrap_or_else(Context::current);
        let root_parent = parent.span().span_context().clone();
        let max_depth = if passback == PassbackRequest::Detailed {
            u32::MAX
        } else {
            1
        };
        let guard = ScopeGuard::open(
            telemetry.tracer.clone(),
            telemetry.collector.clone(),
            Bucket::new(telemetry.limits.max_spans, max_depth),
            root_parent.span_id(),
            operation.tool_name,
        );
        let parent = parent.with_value(guard.scope().clone());
        let mut builder = SpanBuilder::from_name(operation.span_name)
            .with_kind(SpanKind::Server)
            .with_attributes(operation.attributes);
        if ambient.is_valid() && ambient != root_parent {
            builder = builder.with_links(vec![Link::with_context(ambient)]);
        }
        let root = telemetry.tracer.build_with_context(builder, &parent);
        Self {
            telemetry,
            passback,
            context: parent.with_span(root),
            guard,
        }
    }

    /// Ends the root span and puts what was collected into the answer.
    fn finish<A: Answer>(self, mut result: Result<A, ErrorData>) -> Result<A, ErrorData> {
        let root = self.context.span();
        match &result {
            Err(error) => note_protocol_error(&self.context, error),
            Ok(answer) if answer.is_error() => {
                let error_type = self.guard.scope().failure().unwrap_or(semconv::ERROR_TOOL);
                root.set_attribute(KeyValue::new(semconv::ERROR_TYPE, error_type));
                root.set_status(Status::error(""));
            }
            Ok(_) => {}
        }
        root.end();
        let passback = self.passback(root.span_context().span_id());
        match &mut result {
            Ok(answer) => {
                if let Some(meta) = answer.meta_mut() {
                    attach_to_meta(passback, meta);
                }
            }
            Err(error) => attach_to_error(passback, error),
        }
        result
    }

    fn passback(&self, root: SpanId) -> Passback {
        let Telemetry {
            policy,
            limits,
            resource,
            ..
        } = self.telemetry;
        Passback::build(
            self.guard.close(),
            root,
            self.passback,
            policy,
            limits,
            resource,
        )
    }
}

fn note_protocol_error(context: &Context, error: &ErrorData) {
    let (root, code) = (context.span(), error.code.0);
    root.set_attribute(KeyValue::new(
        semconv::RPC_RESPONSE_STATUS_CODE,
        code.to_string(),
    ));
    if !semconv::CALLER_FAULTS.contains(&code) {
        root.set_attribute(KeyValue::new(semconv::ERROR_TYPE, code.to_string()));
        root.set_status(Status::error(error.message.clone()));
    }
}

/// Notes on the request being recorded, if any, that its code panicked.
pub(crate) fn note_panic() {
    Context::map_current(|context| {
        if let Some(scope) = context.get::<Scope>() {
            scope.fail(semconv::ERROR_PANIC);
        }
    });
}
