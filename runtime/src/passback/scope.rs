//! One request being recorded.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use opentelemetry::trace::{SpanId, TraceContextExt as _};
use opentelemetry::{Context, InstrumentationScope, KeyValue, StringValue};
use opentelemetry_sdk::trace::SdkTracer;

use super::bucket::{Bucket, Closed, Collected};
use super::collector::SpanCollector;
use super::policy::Fate;
use super::secrets::RequestSecrets;
use super::value::{shorten, shorten_text};

/// The name of the instrumentation scope of all that Glassbox records itself.
pub(super) const OWN_SCOPE: &str = env!("CARGO_PKG_NAME");

static OWN: LazyLock<InstrumentationScope> = LazyLock::new(|| {
    InstrumentationScope::builder(OWN_SCOPE)
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
});

/// The instrumentation scope of all that Glassbox records itself.
pub(crate) fn own_scope() -> &'static InstrumentationScope {
    &OWN
}

/// A request whose spans are being recorded, carried in the OpenTelemetry
/// [`Context`](opentelemetry::Context) from the root span to the last phase:
/// because its client asked for them, or for the server's own export, or both.
#[derive(Clone, Debug)]
pub(crate) struct Scope(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tracer: SdkTracer,
    collector: SpanCollector,
    bucket: Bucket,
    /// Whether spans are collected: the client asked, and the request has not
    /// ended.
    collects: AtomicBool,
    /// The span that the root span is a child of, or the invalid id.
    root_parent: SpanId,
    subject: Subject,
    /// What must not be in the answer, beside the secrets of the process.
    secrets: RequestSecrets,
    /// Why the request failed, where its answer does not tell.
    failure: OnceLock<&'static str>,
}

/// What all spans of a request may say of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    /// The tool being called, if this is a tool call. Every phase has a copy of
    /// it, so it is one that costs nothing.
    pub(crate) tool_name: Option<StringValue>,
    /// Whether phases carry the reference profile's attributes as well.
    pub(crate) has_reference_profile: bool,
}

impl Scope {
    /// The request that the current context belongs to, if that is recorded.
    pub(crate) fn current() -> Option<Self> {
        Context::map_current(|context| context.get::<Self>().cloned())
    }

    pub(crate) fn tracer(&self) -> &SdkTracer {
        &self.0.tracer
    }

    pub(super) fn collector(&self) -> &SpanCollector {
        &self.0.collector
    }

    pub(super) fn bucket(&self) -> &Bucket {
        &self.0.bucket
    }

    /// Whether spans of this request are collected in `collector`, now.
    pub(crate) fn collects_in(&self, collector: &SpanCollector) -> bool {
        self.collects() && self.0.collector.is_same(collector)
    }

    /// Whether spans of this request are collected, now.
    pub(crate) fn collects(&self) -> bool {
        self.0.collects.load(Ordering::Acquire)
    }

    /// Whether Glassbox's own spans of this request are recorded for it alone,
    /// now, below `parent`: they are collected, and no processor of the
    /// author's, no sampler and no test waits for them.
    pub(super) fn records_alone(&self, parent: &Context) -> bool {
        self.collects()
            && self.0.collector.is_alone()
            && !self.bucket().is_witnessed()
            && !parent.is_telemetry_suppressed()
    }

    /// Whether spans may be too deep whatever they are called.
    pub(super) fn bounds_depth(&self) -> bool {
        self.bucket().bounds_depth()
    }

    /// Whether nobody sees a span of Glassbox's own below `parent`, nor what is
    /// below it, as all of that is deeper than was asked for.
    pub(super) fn is_too_deep_below(&self, parent: &Context) -> bool {
        self.bounds_depth()
            && self.records_alone(parent)
            && self
                .bucket()
                .is_too_deep_below(parent.span().span_context().span_id())
    }

    /// Notes that something has failed below the current span of `context`.
    pub(super) fn fail_at(&self, context: &Context) {
        let span = context.span().span_context().span_id();
        self.bucket().fail_below(span);
    }

    /// What becomes of a span of Glassbox's own by its name, if it is not the
    /// root.
    pub(super) fn fate(&self, name: &str) -> Fate {
        let policy = self.bucket().policy();
        if policy.has_span_rules() {
            policy.fate(OWN_SCOPE, name)
        } else {
            Fate::Publish
        }
    }

    /// Whether `parent` is the parent of this request's root span, so that its
    /// child is the root. (A span that ended before its child started has no
    /// route any more, but is not the root's parent either.)
    pub(super) fn is_root_parent(&self, parent: SpanId) -> bool {
        self.0.root_parent == parent
    }

    /// The tool being called, if this is a tool call.
    pub(crate) fn tool_name(&self) -> Option<&StringValue> {
        self.0.subject.tool_name.as_ref()
    }

    /// Whether phases carry the reference profile's attributes as well.
    pub(crate) fn has_reference_profile(&self) -> bool {
        self.0.subject.has_reference_profile
    }

    /// The secrets of this request.
    pub(crate) fn secrets(&self) -> &RequestSecrets {
        &self.0.secrets
    }

    /// Bytes of a name or a value, at most.
    pub(crate) fn max_value_length_bytes(&self) -> usize {
        self.bucket().limits().max_value_length_bytes
    }

    /// Attributes on a span, at most.
    pub(super) fn max_attributes(&self) -> usize {
        self.bucket().limits().max_attributes()
    }

    /// Cuts a name or an error text to its bound.
    pub(super) fn shorten_text(&self, text: &mut Cow<'static, str>) {
        let was_cut = shorten_text(text, self.max_value_length_bytes());
        self.count_cut(was_cut);
    }

    /// Cuts the value of an attribute to the bound.
    pub(super) fn shorten(&self, attribute: &mut KeyValue) {
        let was_cut = shorten(&mut attribute.value, self.max_value_length_bytes());
        self.count_cut(was_cut);
    }

    /// The attribute with its value cut to the bound.
    pub(super) fn shortened(&self, mut attribute: KeyValue) -> KeyValue {
        self.shorten(&mut attribute);
        attribute
    }

    fn count_cut(&self, was_cut: bool) {
        if was_cut && self.collects() {
            self.bucket().counters().count_cut(was_cut);
        }
    }

    /// Tells a test that none of the spans leaves, for more secrets than can be
    /// looked for.
    #[cfg(feature = "testing")]
    pub(crate) fn note_unsearched(&self) {
        self.bucket().note_unsearched();
    }

    /// Counts a span that is not made, below the current span of `context`.
    pub(crate) fn skip_below(&self, context: &Context) {
        if self.collects() {
            let parent = context.span().span_context().span_id();
            self.bucket().skip_below(parent);
        }
    }

    /// Notes the class of a failure that the answer does not tell; the first one
    /// counts.
    pub(crate) fn fail(&self, error_type: &'static str) {
        self.0.failure.get_or_init(|| error_type);
    }

    /// The class noted by [`fail`](Self::fail).
    pub(crate) fn failure(&self) -> Option<&'static str> {
        self.0.failure.get().copied()
    }
}

/// Closes a [`Scope`] exactly once, also when the request is dropped.
#[derive(Debug)]
pub(crate) struct ScopeGuard(Scope);

impl ScopeGuard {
    /// Opens a scope for one request.
    pub(crate) fn open(
        tracer: SdkTracer,
        collector: SpanCollector,
        bucket: Bucket,
        root_parent: SpanId,
        subject: Subject,
    ) -> Self {
        bucket.expect(collector.expected_spans());
        Self(Scope(Arc::new(Inner {
            tracer,
            collector,
            collects: AtomicBool::new(bucket.is_open()),
            bucket,
            root_parent,
            subject,
            secrets: RequestSecrets::default(),
            failure: OnceLock::new(),
        })))
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.0
    }

    /// Ends collection. Spans that are still open are counted, not waited for.
    pub(crate) fn close(&self) -> Collected {
        self.0.0.collects.store(false, Ordering::Release);
        let Closed {
            collected,
            still_open,
            most_spans,
        } = self.0.bucket().close();
        let collector = self.0.collector();
        if most_spans > 0 {
            collector.learn_spans(most_spans);
        }
        for span in still_open {
            if span.is_routed {
                collector.forget(span.id);
            } else {
                collector.remove_recorded(span.id);
            }
        }
        collected
    }
}

impl Drop for ScopeGuard {
    /// Clears the routing table when the request is dropped before its end.
    fn drop(&mut self) {
        if self.0.collects() {
            drop(self.close());
        }
    }
}
