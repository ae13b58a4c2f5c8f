//! What one server records with, and what it lets out.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanLimits};
use opentelemetry_semantic_conventions::attribute::SERVICE_VERSION;

use super::options::PassbackOptions;
use super::sampler::RecordAsked;
use crate::passback::{Counters, PassbackLimits, PassbackPolicy, Secrets, SpanCollector};

/// One server's own recording. Nothing rests on the global tracer provider, so
/// two servers in one process never see each other's spans.
#[derive(Debug)]
pub(crate) struct Telemetry {
    pub(super) tracer: SdkTracer,
    pub(super) collector: SpanCollector,
    pub(super) resource: Resource,
    pub(super) policy: Arc<PassbackPolicy>,
    pub(super) limits: PassbackLimits,
    pub(super) counters: Arc<Counters>,
    pub(super) secrets: Secrets,
    pub(super) has_reference_profile: bool,
}

impl Telemetry {
    /// Telemetry of the server `name`, which is its `service.name` (S07).
    pub(super) fn new(name: String, version: String, options: PassbackOptions) -> Self {
        let PassbackOptions {
            policy,
            limits,
            gate,
            secrets,
            has_reference_profile,
            covers_prompts: _,
        } = options;
        let collector = SpanCollector::new();
        let resource = Resource::builder_empty()
            .with_service_name(name)
            .with_attribute(KeyValue::new(SERVICE_VERSION, version))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(RecordAsked)
            .with_span_limits(span_limits(&limits))
            .with_resource(resource.clone())
            .with_span_processor(collector.clone())
            .build();
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let tracer = provider.tracer_with_scope(scope);
        Self {
            tracer,
            collector,
            resource,
            policy: Arc::new(policy),
            limits,
            counters: Arc::clone(gate.counters()),
            secrets,
            has_reference_profile,
        }
    }
}

fn span_limits(limits: &PassbackLimits) -> SpanLimits {
    SpanLimits {
        max_attributes_per_span: limits.max_attributes_per_span,
        max_events_per_span: limits.max_events_per_span,
        max_links_per_span: limits.max_links_per_span,
        max_attributes_per_event: limits.max_attributes_per_span,
        max_attributes_per_link: limits.max_attributes_per_span,
    }
}
