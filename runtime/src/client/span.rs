//! The CLIENT span of one call (SEP-2448 C02; OpenTelemetry, MCP client spans).

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use opentelemetry_semantic_conventions::attribute::SERVICE_NAME;

use crate::otlp::{self, Resource, Scope, Span, SpanFields};
use crate::semconv;

/// What the spans of this crate say recorded them.
pub(super) fn instrumentation_scope() -> InstrumentationScope {
    InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}

/// The span of a call that runs. Dropped before it has ended, it says so.
pub(super) struct CallSpan {
    context: Context,
    parent: SpanId,
    name: String,
    attributes: Vec<KeyValue>,
    status: Status,
    started: SystemTime,
    has_ended: bool,
}

impl CallSpan {
    /// Starts the span as a child of `parent`.
    ///
    /// There is always one: without a tracer provider that makes spans, its context comes from a provider that exports
    /// nothing, because returned spans need a parent of ours to be told from others.
    pub(super) fn start(
        tracer: &BoxedTracer,
        parent: &Context,
        name: String,
        attributes: Vec<KeyValue>,
    ) -> Self {
        let started = SystemTime::now();
        let builder = || {
            SpanBuilder::from_name(name.clone())
                .with_kind(SpanKind::Client)
                .with_start_time(started)
                .with_attributes(attributes.clone())
        };
        let parent_span = parent.span().span_context().clone();
        let mut context = parent.with_span(tracer.build_with_context(builder(), parent));
        let made = context.span().span_context().clone();
        // A tracer that does nothing hands the parent's context on.
        if !made.is_valid() || made.span_id() == parent_span.span_id() {
            // Where telemetry is suppressed, this has to make ids all the same.
            let bare = match parent_span.is_valid() {
                true => Context::new().with_remote_span_context(parent_span.clone()),
                false => Context::new(),
            };
            context = parent.with_span(unexported().build_with_context(builder(), &bare));
        }
        Self {
            context,
            parent: parent_span.span_id(),
            name,
            attributes,
            status: Status::Unset,
            started,
            has_ended: false,
        }
    }

    /// The context of the call: what runs in it is a child of the span.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn span_context(&self) -> SpanContext {
        self.context.span().span_context().clone()
    }

    pub(super) fn set(&mut self, attribute: KeyValue) {
        self.context.span().set_attribute(attribute.clone());
        self.attributes.push(attribute);
    }

    /// Marks the call as failed, with a class of low cardinality and, where there is one, the server's message.
    pub(super) fn fail(&mut self, class: impl Into<Cow<'static, str>>, message: String) {
        self.set(KeyValue::new(semconv::ERROR_TYPE, class.into()));
        self.status = Status::error(message);
        self.context.span().set_status(self.status.clone());
    }

    /// Ends the span, and says what it was: the same that the tracer provider's processors see.
    pub(super) fn end(mut self, service_name: Option<&str>) -> Span {
        let ended = self.close();
        let context = self.span_context();
        let name = service_name.map(|name| KeyValue::new(SERVICE_NAME, name.to_owned()));
        Span {
            resource: Arc::new(Resource {
                attributes: otlp::attributes(name.as_slice()),
                dropped_attributes_count: 0,
            }),
            scope: Arc::new(Scope {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                ..Scope::default()
            }),
            fields: SpanFields {
                trace_id: context.trace_id(),
                span_id: context.span_id(),
                trace_state: context.trace_state().header(),
                parent_span_id: self.parent,
                flags: u32::from(context.trace_flags().to_u8()),
                name: std::mem::take(&mut self.name),
                kind: otlp::kind(&SpanKind::Client),
                start_time_unix_nano: otlp::unix_nano(self.started),
                end_time_unix_nano: otlp::unix_nano(ended),
                attributes: otlp::attributes(&self.attributes),
                dropped_attributes_count: 0,
                events: otlp::Bounded::default(),
                dropped_events_count: 0,
                links: otlp::Bounded::default(),
                dropped_links_count: 0,
                status: Some(otlp::status(&self.status)),
            },
        }
    }

    fn close(&mut self) -> SystemTime {
        let now = SystemTime::now();
        self.context.span().end_with_timestamp(now);
        self.has_ended = true;
        now
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.has_ended {
            self.fail(semconv::ERROR_CANCELLED, String::new());
            self.close();
        }
    }
}

/// A tracer whose spans have ids and go nowhere.
fn unexported() -> opentelemetry_sdk::trace::SdkTracer {
    static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();
    let provider = PROVIDER.get_or_init(|| {
        SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
            .build()
    });
    provider.tracer_with_scope(instrumentation_scope())
}
