//! Parts of the runtime that the benchmarks measure one by one. Not for people: everything here may change with them.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, SpanKind, TracerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, SpanData};
use rmcp::model::MetaObject;

use crate::passback::{
    Bucket, Collected, Counters, Described, Net, NewSpan, ObservedSpan, Passback, PassbackLimits,
    PassbackPolicy, PassbackRequest, ScopeGuard, SpanCollector, Subject,
};
use crate::propagation;

/// The spans of a request as the text that joins its answer.
#[must_use]
pub fn encode(spans: Vec<SpanData>, root: SpanId, resource: &Resource) -> Vec<u8> {
    let described = Described {
        resource: resource.clone(),
        net: Net::default(),
        counters: Arc::default(),
    };
    let limits = PassbackLimits::default();
    let collected: Collected = spans.into_iter().collect();
    let asked = PassbackRequest::Detailed;
    Passback::encode(collected, root, asked, &limits, described)
        .assemble(limits.max_answer_bytes)
        .unwrap_or_default()
}

/// What a request says in `_meta`: what it asks for, and the context it was made in.
#[must_use]
pub fn read_meta(meta: &MetaObject) -> (PassbackRequest, Option<Context>) {
    let context = propagation::extract(meta, &Context::new());
    (PassbackRequest::from_meta(meta), context)
}

/// Collects spans as a server does.
#[derive(Debug)]
pub struct Recorder {
    collector: SpanCollector,
    tracer: SdkTracer,
    policy: Arc<PassbackPolicy>,
    counters: Arc<Counters>,
}

impl Default for Recorder {
    fn default() -> Self {
        let collector = SpanCollector::alone();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(collector.clone())
            .with_sampler(Sampler::AlwaysOn)
            .build();
        Self {
            collector,
            tracer: provider.tracer("bench"),
            policy: Arc::default(),
            counters: Arc::default(),
        }
    }
}

impl Recorder {
    /// Who makes the spans that are collected.
    #[must_use]
    pub fn tracer(&self) -> &SdkTracer {
        &self.tracer
    }

    /// Starts a request that asks for all spans.
    #[must_use]
    pub fn request(&self) -> Request {
        let bucket = Bucket::new(
            Arc::clone(&self.policy),
            Arc::clone(&self.counters),
            PassbackLimits::default(),
            u32::MAX,
        );
        let guard = ScopeGuard::open(
            self.tracer.clone(),
            self.collector.clone(),
            bucket,
            SpanId::INVALID,
            Subject::default(),
        );
        let outside = Context::new().with_value(guard.scope().clone());
        let root = || NewSpan::new("root", SpanKind::Server);
        let root = ObservedSpan::start(guard.scope(), &outside, root);
        Request { root, guard }
    }
}

/// A request that is being recorded, until it is dropped.
#[derive(Debug)]
pub struct Request {
    root: ObservedSpan,
    guard: ScopeGuard,
}

impl Request {
    /// The context of its root span.
    #[must_use]
    pub fn context(&self) -> &Context {
        self.root.context()
    }

    /// Ends the request, and says how many spans it has.
    #[must_use]
    pub fn close(mut self) -> usize {
        self.root.end();
        self.guard.close().spans.len()
    }
}
