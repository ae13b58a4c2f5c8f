//! One request under observation.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::answer::Answer;
use super::operation::Operation;
use super::telemetry::Telemetry;
use crate::passback::{
    Bucket, Gate, Net, ObservedSpan, Passback, PassbackRequest, Scope, ScopeGuard, Subject,
    attach_to_error, attach_to_meta,
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
    let telemetry = telemetry();
    let parts = request.extensions.get::<http::request::Parts>();
    let net = Net::of_headers(&telemetry.secrets, parts.map(|parts| &parts.headers));
    let recording = Recording::start(telemetry, passback, operation, parent, net);
    let context = recording.root.context().clone();
    let result = run.call(request).with_context(context).await;
    recording.finish(result)
}

/// What a request gets to see, and of what.
pub(super) struct Asked {
    passback: PassbackRequest,
    operation: Operation,
}

impl Asked {
    /// What `request` asks to see, and is granted, of an operation that is
    /// described only then; nothing if it does not ask.
    pub(super) fn by(
        request: &RequestContext<RoleServer>,
        gate: &Gate,
        operation: impl FnOnce() -> Operation,
    ) -> Option<Self> {
        match gate.decide(request) {
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
    root: ObservedSpan,
    guard: ScopeGuard,
    /// What must not be in the answer.
    net: Net,
}

impl<'a> Recording<'a> {
    fn start(
        telemetry: &'a Telemetry,
        passback: PassbackRequest,
        mut operation: Operation,
        parent: Option<Context>,
        net: Net,
    ) -> Self {
        let has_reference_profile = telemetry.has_reference_profile;
        if has_reference_profile {
            operation = operation.with_reference_profile();
        }
        let ambient = Context::map_current(|context| context.span().span_context().clone());
        let parent = parent.unwrap_or_else(Context::current);
        let root_parent = parent.span().span_context().clone();
        let max_depth = match passback {
            PassbackRequest::Detailed => u32::MAX,
            PassbackRequest::Off | PassbackRequest::TopLevel => 1,
        };
        let guard = ScopeGuard::open(
            telemetry.tracer.clone(),
            telemetry.collector.clone(),
            Bucket::new(
                Arc::clone(&telemetry.policy),
                Arc::clone(&telemetry.counters),
                telemetry.limits,
                max_depth,
            ),
            root_parent.span_id(),
            Subject {
                tool_name: operation.tool_name,
                has_reference_profile,
            },
        );
        let root = ObservedSpan::start(
            guard.scope(),
            operation.span_name,
            SpanKind::Server,
            operation.attributes,
            operation.private_attributes,
            &parent.with_value(guard.scope().clone()),
        );
        if ambient.is_valid() && ambient != root_parent {
            root.context().span().add_link(ambient, Vec::new());
        }
        Self {
            telemetry,
            passback,
            root,
            guard,
            net,
        }
    }

    /// Ends the root span and puts what was collected into the answer.
    fn finish<A: Answer>(mut self, mut result: Result<A, ErrorData>) -> Result<A, ErrorData> {
        match &result {
            Err(error) => self.note_protocol_error(error),
            Ok(answer) if answer.is_error() => {
                let error_type = self.guard.scope().failure().unwrap_or(semconv::ERROR_TOOL);
                self.root.fail(error_type, "");
            }
            Ok(_) => {}
        }
        self.root.end();
        let passback = self.passback();
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

    fn note_protocol_error(&mut self, error: &ErrorData) {
        let code = error.code.0;
        self.root
            .set(semconv::RPC_RESPONSE_STATUS_CODE, code.to_string());
        if !semconv::CALLER_FAULTS.contains(&code) {
            self.root.fail(code.to_string(), error.message.clone());
        }
    }

    fn passback(&self) -> Passback {
        let root = self.root.context().span().span_context().span_id();
        let Telemetry {
            limits,
            resource,
            counters,
            ..
        } = self.telemetry;
        let collected = self.guard.close();
        let passback = Passback::build(collected, root, self.passback, limits, resource, &self.net);
        counters.count_redacted(passback.redacted_secrets());
        passback
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
