//! One request under observation.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt as _;
use futures_util::future::Either;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use super::ambient::AmbientContext;
use super::answer::{self, Answer};
use super::metrics::{OperationTimer, Target};
use super::operation::Operation;
use super::stage::EarlierStage;
use super::telemetry::Telemetry;
use crate::lane::{Lane, Placeholder, Waiting};
use crate::passback::{
    Bucket, Described, NewSpan, ObservedSpan, Passback, PassbackRequest, Scope, ScopeGuard, Subject,
};
use crate::phase::Phase;
use crate::{propagation, semconv};

/// What is done about one request, beside handling it.
pub(super) struct Observation<'a> {
    /// Whether the caller's trace context is handed on.
    pub(super) propagates: bool,
    pub(super) recording: Option<Recorded<'a>>,
    pub(super) timer: Option<OperationTimer>,
}

/// What a request asks to see, and of what.
pub(super) struct Recorded<'a> {
    pub(super) telemetry: &'a Telemetry,
    pub(super) passback: PassbackRequest,
    pub(super) operation: Operation,
}

impl Observation<'_> {
    /// Runs one request as an operation: under the trace context its `_meta`
    /// names, and with its spans in the answer if it asks for them.
    ///
    /// `known` is what was called, if the server knows it by the result.
    ///
    /// Nobody asked and nothing is exported: the request runs as it would
    /// without Glassbox, except that calls to other servers carry the caller's
    /// trace context (S01, S17).
    pub(super) fn run<A, F>(
        self,
        mut request: RequestContext<RoleServer>,
        run: impl FnOnce(RequestContext<RoleServer>) -> F,
        known: impl FnOnce(&Result<A, ErrorData>) -> Option<Target>,
    ) -> impl Future<Output = Result<A, ErrorData>>
    where
        A: Answer,
        F: Future<Output = Result<A, ErrorData>>,
    {
        if !self.propagates {
            return Either::Left(run(request));
        }
        let ambient = AmbientContext::of(&request);
        let parent = propagation::extract(&request.meta, &ambient);
        let parent = parent.unwrap_or_else(|| ambient.clone());
        let cancelled = request.ct.clone();
        let started = self
            .recording
            .map(|recorded| Recording::start(recorded, &mut request, &parent, &ambient));
        let (context, recording) = match started {
            None => (parent, None),
            Some(Ok(recording)) => (recording.root.context().clone(), Some(recording)),
            Some(Err(dropped)) => (dropped, None),
        };
        let timer = self.timer;
        let answered = run(request).with_context(context);
        // Holds the handler's future once; a block that awaits it would twice.
        Either::Right(answered.map(move |mut result| {
            let was_cancelled = cancelled.is_cancelled();
            if let Some(recording) = recording {
                result = recording.finish(result, was_cancelled);
            }
            if let Some(timer) = timer
                // A call that was cancelled is measured as such, by its drop.
                && !(result.is_err() && was_cancelled)
            {
                let known = known(&result);
                timer.end(&result, known);
            }
            result
        }))
    }
}

/// A request whose spans are being recorded.
struct Recording<'a> {
    telemetry: &'a Telemetry,
    passback: PassbackRequest,
    root: ObservedSpan,
    guard: ScopeGuard,
    /// The way on which spans can join the answer as text.
    lane: Option<Lane>,
}

impl<'a> Recording<'a> {
    /// Starts the root span. `Err` is the context to run in if the author's
    /// sampler does not want the request and its client has not asked.
    fn start(
        recorded: Recorded<'a>,
        request: &mut RequestContext<RoleServer>,
        parent: &Context,
        ambient: &Context,
    ) -> Result<Self, Context> {
        let Recorded {
            telemetry,
            passback,
            operation,
        } = recorded;
        let has_reference_profile = telemetry.has_reference_profile;
        let mut operation = operation.describe(request);
        if has_reference_profile {
            operation = operation.with_reference_profile();
        }
        let ambient = ambient.span().span_context().clone();
        let root_parent = parent.span().span_context().clone();
        let (policy, limits) = (Arc::clone(&telemetry.policy), telemetry.limits);
        let counters = Arc::clone(&telemetry.counters);
        let bucket = match passback {
            PassbackRequest::Detailed => Bucket::new(policy, counters, limits, u32::MAX),
            PassbackRequest::TopLevel => Bucket::new(policy, counters, limits, 1),
            PassbackRequest::Off => Bucket::closed(policy, counters, limits),
        };
        #[cfg(feature = "testing")]
        let bucket = bucket.with_witness(
            request
                .extensions
                .get::<crate::passback::Witness>()
                .cloned(),
        );
        let guard = ScopeGuard::open(
            telemetry.tracer.clone(),
            telemetry.collector.clone(),
            bucket,
            root_parent.span_id(),
            Subject {
                tool_name: operation.tool_name,
                has_reference_profile,
            },
        );
        if passback != PassbackRequest::Off
            && let Some(parts) = request.extensions.get::<http::request::Parts>()
        {
            guard.scope().secrets().add_credentials(&parts.headers);
        }
        let earlier = EarlierStage::of(request);
        let start = earlier.map_or_else(SystemTime::now, |stage| stage.start);
        let context = parent.with_value(guard.scope().clone());
        let root = ObservedSpan::start(guard.scope(), &context, || NewSpan {
            start_time: Some(start),
            declared: operation.attributes,
            private: operation.private_attributes,
            ..NewSpan::new(operation.span_name, SpanKind::Server)
        });
        if passback == PassbackRequest::Off && !root.is_recording() {
            let dropped = root.context().span().span_context().clone();
            return Err(parent.with_remote_span_context(dropped));
        }
        if ambient.is_valid() && ambient != root_parent {
            root.context().span().add_link(ambient, Vec::new());
        }
        if let Some(stage) = earlier {
            Phase::record(root.context(), stage.name, stage.start, stage.end);
        }
        // A tool must not get hold of the lane, nor anybody whom it asks in turn.
        let lane = (passback != PassbackRequest::Off)
            .then(|| Lane::take(&mut request.extensions))
            .flatten();
        Ok(Self {
            telemetry,
            passback,
            root,
            guard,
            lane,
        })
    }

    /// Ends the root span and puts what was collected into the answer, if the
    /// client asked.
    fn finish<A: Answer>(
        mut self,
        mut result: Result<A, ErrorData>,
        was_cancelled: bool,
    ) -> Result<A, ErrorData> {
        match &result {
            Err(_) if was_cancelled => self.root.fail(semconv::ERROR_CANCELLED, ""),
            Err(error) => self.note_protocol_error(error),
            Ok(answer) if answer.is_error() => {
                let error_type = self.guard.scope().failure().unwrap_or(semconv::ERROR_TOOL);
                self.root.fail(error_type, "");
            }
            Ok(_) => {}
        }
        self.root.end();
        if self.passback == PassbackRequest::Off {
            return result;
        }
        self.attach(&mut result);
        result
    }

    /// Puts what was collected into the answer: by the lane if there is one, and
    /// as a value otherwise.
    fn attach<A: Answer>(&mut self, result: &mut Result<A, ErrorData>) {
        let passback = self.passback();
        let max_answer_bytes = self.telemetry.limits.max_answer_bytes;
        let lane = self.lane.take().filter(Lane::is_open);
        if let Some(lane) = lane
            && let Some(placeholder) = Placeholder::new(passback.asked())
            && let Some(spot) = answer::spot(result)
            && !spot.is_taken()
        {
            let made = spot.put(placeholder.to_value());
            lane.fill(Waiting {
                passback,
                placeholder,
                made,
                max_answer_bytes,
            });
            return;
        }
        let room_bytes = max_answer_bytes.saturating_sub(answer::json_bytes(result));
        if let Some(text) = passback.assemble(room_bytes)
            && let Ok(value) = serde_json::from_slice(&text)
            && let Some(spot) = answer::spot(result)
        {
            spot.put(value);
        }
    }

    fn note_protocol_error(&mut self, error: &ErrorData) {
        let code = error.code.0;
        self.root
            .set(semconv::RPC_RESPONSE_STATUS_CODE, code.to_string());
        if let Some(error_type) = self.guard.scope().failure() {
            self.root.fail(error_type, "");
        } else if !semconv::CALLER_FAULTS.contains(&code) {
            self.root.fail(code.to_string(), error.message.clone());
        }
    }

    /// What joins the answer, as far as it has room.
    fn passback(&self) -> Passback {
        let root = self.root.context().span().span_context().span_id();
        let Telemetry {
            limits,
            resource,
            counters,
            secrets,
            ..
        } = self.telemetry;
        let counters = Arc::clone(counters);
        let collected = self.guard.close();
        let Some(net) = self.guard.scope().secrets().net(secrets) else {
            #[cfg(feature = "testing")]
            self.guard.scope().note_unsearched();
            return Passback::unsearched(&collected, limits, counters);
        };
        let described = Described {
            resource: resource.clone(),
            net,
            counters,
        };
        Passback::encode(collected, root, self.passback, limits, described)
    }
}

impl Drop for Recording<'_> {
    /// Ends the root span of a request that was dropped before its end, and says
    /// why.
    fn drop(&mut self) {
        if !self.root.has_ended() {
            let error_type = if std::thread::panicking() {
                semconv::ERROR_PANIC
            } else {
                semconv::ERROR_CANCELLED
            };
            self.root.fail(error_type, "");
            self.root.end();
        }
    }
}

/// Notes on the request being recorded, if any, why it failed, where its answer
/// does not tell.
pub(crate) fn note_failure(error_type: &'static str) {
    Context::map_current(|context| {
        if let Some(scope) = context.get::<Scope>() {
            scope.fail(error_type);
        }
    });
}
