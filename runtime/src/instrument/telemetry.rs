//! What one server records with, and what it lets out.

use std::sync::Arc;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanLimits};
use opentelemetry_semantic_conventions::attribute::{SERVICE_NAME, SERVICE_VERSION};

use super::export::Tee;
use super::options::Own;
use super::passback_options::PassbackOptions;
use super::sampler::RecordAsked;
use crate::passback::{
    Counters, PassbackLimits, PassbackPolicy, Secrets, SpanCollector, own_scope,
};

/// What the SDK calls a service that nobody gave a name.
const UNKNOWN_SERVICE: &str = "unknown_service";

/// One server's own recording. Nothing rests on the global tracer provider, so
/// two servers in one process never see each other's spans.
#[derive(Debug)]
pub(crate) struct Telemetry {
    pub(super) provider: SdkTracerProvider,
    pub(super) tracer: SdkTracer,
    pub(super) collector: SpanCollector,
    /// What answers say of the server: its name and version, and no more.
    pub(super) resource: Resource,
    pub(super) policy: Arc<PassbackPolicy>,
    pub(super) limits: PassbackLimits,
    pub(super) counters: Arc<Counters>,
    pub(super) secrets: Secrets,
    pub(super) has_reference_profile: bool,
}

impl Telemetry {
    /// Telemetry of the server `name`, which is its `service.name` (S07).
    pub(super) fn new(name: String, version: String, options: PassbackOptions, own: Own) -> Self {
        let PassbackOptions {
            policy,
            limits,
            gate,
            secrets,
            has_reference_profile,
            covers_prompts: _,
        } = options;
        let is_alone = own.processors.is_empty() && own.sampler.is_none();
        let collector = if is_alone {
            SpanCollector::alone()
        } else {
            SpanCollector::new()
        };
        let described = own
            .resource
            .unwrap_or_else(|| Resource::builder_empty().build());
        let name = known_name(&described).unwrap_or_else(|| name.into());
        let version = described
            .get(&Key::new(SERVICE_VERSION))
            .unwrap_or_else(|| version.into());
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new(SERVICE_NAME, name),
                KeyValue::new(SERVICE_VERSION, version),
            ])
            .build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Box::new(RecordAsked {
                collector: collector.clone(),
                own: own.sampler,
            }) as Box<_>)
            .with_span_limits(span_limits(&limits))
            .with_resource(described)
            .with_resource(resource.clone())
            .with_span_processor(Tee::new(collector.clone(), own.processors))
            .build();
        let tracer = provider.tracer_with_scope(own_scope().clone());
        Self {
            provider,
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

/// The name that the author chose for the process, if any.
fn known_name(resource: &Resource) -> Option<Value> {
    let name = resource.get(&Key::new(SERVICE_NAME))?;
    let is_known = !name.as_str().starts_with(UNKNOWN_SERVICE);
    is_known.then_some(name)
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
