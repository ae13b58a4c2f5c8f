//! A span that Glassbox makes, and what of it is public.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, Tracer,
};
use opentelemetry::{Context, KeyValue, Value};

use super::counts::count;
use super::finished::Finished;
use super::recorded::RecordedSpan;
use super::scope::Scope;
use super::slots::SlotKey;
use crate::semconv;

/// The most links a span starts with: as many as the SDK keeps.
const MAX_LINKS: usize = 128;

/// Links of a span that is about to start (SEP-2448, S09).
#[derive(Debug, Default)]
pub(crate) struct BoundedLinks {
    kept: Vec<Link>,
    excess: usize,
}

impl BoundedLinks {
    /// Adds a link, or counts it.
    pub(crate) fn add(&mut self, target: &SpanContext) {
        if self.kept.len() < MAX_LINKS {
            self.kept.push(Link::with_context(target.clone()));
        } else {
            self.excess += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The first `max` of them, and how many more there are.
    pub(super) fn up_to(self, max: usize) -> (Vec<Link>, usize) {
        let Self { mut kept, excess } = self;
        let over = kept.len().saturating_sub(max);
        kept.truncate(max);
        (kept, excess.saturating_add(over))
    }
}

/// A span of Glassbox's own that is about to start.
#[derive(Debug)]
pub(crate) struct NewSpan {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    /// Now, if there is none.
    pub(crate) start_time: Option<SystemTime>,
    /// They are public. Each key is there once: who declares them sees to it.
    pub(crate) declared: Vec<KeyValue>,
    /// They are recorded, but leave only if the policy says so.
    pub(crate) private: Vec<KeyValue>,
    /// They are public.
    pub(crate) links: BoundedLinks,
}

impl NewSpan {
    /// A span that starts now, with nothing but a name.
    #[inline]
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, kind: SpanKind) -> Self {
        Self {
            name: name.into(),
            kind,
            start_time: None,
            declared: Vec::new(),
            private: Vec::new(),
            links: BoundedLinks::default(),
        }
    }
}

/// A span on its way; its public side is kept with the request. Ends once;
/// dropped before that, it ends as it is.
#[derive(Debug)]
pub(crate) struct ObservedSpan {
    scope: Scope,
    context: Context,
    recorder: Recorder,
    ended: bool,
}

/// Who records a span.
#[derive(Debug)]
enum Recorder {
    /// The SDK. Its public side is there, if it is collected.
    Sdk(Option<SlotKey>),
    /// Glassbox alone, there.
    Alone(SlotKey),
    /// Nobody. Whether it has failed.
    Nobody { has_failed: bool },
}

impl ObservedSpan {
    /// Starts a span under `parent`. What it is, is asked only if it is
    /// recorded.
    pub(crate) fn start(
        scope: &Scope,
        parent: &Context,
        describe: impl FnOnce() -> NewSpan,
    ) -> Self {
        Self::too_deep(scope, parent)
            .unwrap_or_else(|| Self::recorded(scope.clone(), parent, &mut describe()))
    }

    /// What stands for a span under `parent` that is deeper than was asked for,
    /// if nobody else waits for it.
    ///
    /// It is none of its own: the span above it that is shown stands for it. So
    /// what is called from within it names a parent that the client knows, and a
    /// failure in it is one below that span. What other code does to it is
    /// nothing.
    #[inline]
    pub(crate) fn too_deep(scope: &Scope, parent: &Context) -> Option<Self> {
        scope.is_too_deep_below(parent).then(|| {
            let shown = parent.span().span_context().clone();
            let context = parent.with_remote_span_context(shown);
            let nobody = Recorder::Nobody { has_failed: false };
            Self::of(scope.clone(), context, nobody)
        })
    }

    /// Starts a span under `parent` that is not too deep, and takes all that is
    /// known of it.
    pub(crate) fn recorded(scope: Scope, parent: &Context, new: &mut NewSpan) -> Self {
        debug_assert!(!has_repeated_key(&new.declared), "{:?}", new.declared);
        scope.shorten_text(&mut new.name);
        for attribute in new.declared.iter_mut().chain(&mut new.private) {
            scope.shorten(attribute);
        }
        let (context, recorder) = if scope.records_alone(parent) {
            let (context, key) = RecordedSpan::start(&scope, new, parent);
            let nobody = Recorder::Nobody { has_failed: false };
            (context, key.map_or(nobody, Recorder::Alone))
        } else {
            let (context, key) = build_by_sdk(&scope, new, parent);
            (context, Recorder::Sdk(key))
        };
        Self::of(scope, context, recorder)
    }

    /// As [`start`](Self::start), under the current span.
    #[cfg(feature = "http-client")]
    pub(crate) fn start_current(scope: Scope, describe: impl FnOnce() -> NewSpan) -> Self {
        Self::current_too_deep(&scope)
            .unwrap_or_else(|| Self::current_recorded(scope, &mut describe()))
    }

    /// As [`too_deep`](Self::too_deep), under the current span.
    #[inline]
    pub(crate) fn current_too_deep(scope: &Scope) -> Option<Self> {
        if !scope.bounds_depth() {
            return None;
        }
        Context::map_current(|parent| Self::too_deep(scope, parent))
    }

    /// As [`recorded`](Self::recorded), under the current span.
    ///
    /// Nothing of the author's runs while the current context is looked at: it
    /// could not be changed then. Where it may run, the context is a copy.
    pub(crate) fn current_recorded(scope: Scope, new: &mut NewSpan) -> Self {
        if scope.collector().is_alone() {
            Context::map_current(|parent| Self::recorded(scope, parent, new))
        } else {
            Self::recorded(scope, &Context::current(), new)
        }
    }

    #[inline]
    fn of(scope: Scope, context: Context, recorder: Recorder) -> Self {
        Self {
            scope,
            context,
            recorder,
            ended: false,
        }
    }

    /// The context in which the span is current.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Whether the span is recorded for anybody.
    pub(crate) fn is_recording(&self) -> bool {
        self.context.span().is_recording()
    }

    /// Whether the span has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Sets a public attribute. A key is there once: the last value counts. One
    /// over the bound stays, and is counted by the recorded span.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        let attribute = self.scope.shortened(KeyValue::new(key, value));
        if matches!(self.recorder, Recorder::Sdk(_)) {
            self.context.span().set_attribute(attribute.clone());
        }
        if let Some(key) = self.key() {
            let max = self.scope.max_attributes();
            self.scope.bucket().change(key, |span| {
                let count = &mut span.notes.attribute_count;
                *count = count.saturating_add(1);
                set_public(&mut span.attributes, attribute, max);
            });
        }
    }

    /// Marks the span as failed, with a class that is public and a text that
    /// is not.
    pub(crate) fn fail(
        &mut self,
        error_type: impl Into<Value>,
        text: impl Into<Cow<'static, str>>,
    ) {
        self.set(semconv::ERROR_TYPE, error_type);
        let mut text = text.into();
        self.scope.shorten_text(&mut text);
        match &mut self.recorder {
            Recorder::Sdk(_) => self.context.span().set_status(Status::error(text.clone())),
            Recorder::Alone(_) => {}
            Recorder::Nobody { has_failed } => *has_failed = true,
        }
        if let Some(key) = self.key() {
            self.scope.bucket().fail(key, text);
        }
    }

    /// Ends the span at a time before.
    pub(crate) fn end_at(&mut self, end: SystemTime) {
        self.end_with(|| end);
    }

    /// Ends the span.
    pub(crate) fn end(&mut self) {
        self.end_with(SystemTime::now);
    }

    fn end_with(&mut self, end: impl FnOnce() -> SystemTime) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        match self.recorder {
            Recorder::Sdk(_) => self.context.span().end_with_timestamp(end()),
            Recorder::Alone(key) => RecordedSpan::end_at(&self.scope, key, end()),
            Recorder::Nobody { has_failed: true } => self.scope.fail_at(&self.context),
            Recorder::Nobody { has_failed: false } => {}
        }
    }

    /// Where its public side is, if it is collected.
    fn key(&self) -> Option<SlotKey> {
        match self.recorder {
            Recorder::Sdk(key) => key,
            Recorder::Alone(key) => Some(key),
            Recorder::Nobody { .. } => None,
        }
    }
}

impl Drop for ObservedSpan {
    fn drop(&mut self) {
        self.end();
    }
}

/// Lets the SDK make a span, with all that is known of it; what is public of
/// that is kept with the request as well.
fn build_by_sdk(scope: &Scope, new: &mut NewSpan, parent: &Context) -> (Context, Option<SlotKey>) {
    let mut declared = std::mem::take(&mut new.declared);
    let name = std::mem::take(&mut new.name);
    let BoundedLinks { kept, excess } = std::mem::take(&mut new.links);
    // Nobody asked for the public side of a span that is only exported.
    let public = scope.collects().then(|| {
        let count = declared.len().min(scope.max_attributes());
        (name.clone(), declared.iter().take(count).cloned().collect())
    });
    declared.append(&mut new.private);
    let public_links = kept.len();
    let mut builder = SpanBuilder::from_name(name)
        .with_kind(new.kind.clone())
        .with_attributes(declared);
    builder.start_time = new.start_time;
    if !kept.is_empty() {
        builder = builder.with_links(kept);
    }
    let span = scope.tracer().build_with_context(builder, parent);
    let key = public.and_then(|(name, attributes)| {
        let publish = |span: &mut Finished| {
            (span.name, span.attributes) = (name, attributes);
            if public_links > 0 {
                span.rest_mut().public_links = public_links;
                span.dropped_links_count = count(excess);
            }
        };
        scope
            .bucket()
            .publish(span.span_context().span_id(), publish)
    });
    (parent.with_span(span), key)
}

/// Sets an attribute, or one of the same key; one more than there may be is
/// left out.
fn set_public(attributes: &mut Vec<KeyValue>, attribute: KeyValue, max: usize) {
    if let Some(known) = find(attributes, &attribute) {
        known.value = attribute.value;
    } else if attributes.len() < max {
        attributes.push(attribute);
    }
}

/// Whether a key is there more than once.
fn has_repeated_key(mut attributes: &[KeyValue]) -> bool {
    while let Some((first, rest)) = attributes.split_first() {
        if rest.iter().any(|other| other.key == first.key) {
            return true;
        }
        attributes = rest;
    }
    false
}

/// The attribute of the same key.
fn find<'a>(attributes: &'a mut [KeyValue], like: &KeyValue) -> Option<&'a mut KeyValue> {
    attributes.iter_mut().find(|known| known.key == like.key)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry::trace::{SpanId, TracerProvider as _};
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanLimits};

    use super::super::bucket::{Bucket, Collected};
    use super::super::collector::SpanCollector;
    use super::super::finished::Finished;
    use super::super::limits::PassbackLimits;
    use super::super::scope::{ScopeGuard, Subject};
    use super::*;

    /// Makes one span with `declared` attributes, does more to it, and says how
    /// many attributes its public side had and what is left of the span.
    fn observe(declared: i64, more: impl Fn(&mut ObservedSpan)) -> (usize, Finished) {
        let collector = SpanCollector::new();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(collector.clone())
            .build();
        let limits = PassbackLimits::default();
        let bucket = Bucket::new(Arc::default(), Arc::default(), limits, u32::MAX);
        let (tracer, root) = (provider.tracer("test"), SpanId::INVALID);
        let guard = ScopeGuard::open(tracer, collector, bucket, root, Subject::default());
        let declared = (0..declared).map(|number| KeyValue::new(format!("key.{number}"), number));
        let outside = Context::new().with_value(guard.scope().clone());
        let mut span = ObservedSpan::start(guard.scope(), &outside, || NewSpan {
            declared: declared.collect(),
            ..NewSpan::new("work", SpanKind::Internal)
        });
        more(&mut span);
        let mut public_count = 0;
        let bucket = guard.scope().bucket();
        bucket.change(span.key().unwrap(), |span| {
            public_count = span.attributes.len();
        });
        span.end();
        (public_count, guard.close().spans.remove(0))
    }

    #[test]
    fn declared_attributes_are_bounded_while_recording_and_in_the_answer() {
        for (declared, kept) in [(127, 127), (128, 128), (129, 128), (1_000, 128)] {
            let (public_count, span) = observe(declared, |_| {});
            assert_eq!((public_count, span.attributes.len()), (kept, kept));
            let held_back = usize::try_from(declared).unwrap() - kept;
            assert_eq!(
                usize::try_from(span.dropped_attributes_count),
                Ok(held_back)
            );
        }
    }

    #[test]
    fn what_is_set_later_is_bounded_as_well() {
        // The value that is replaced counts as held back.
        for (declared, kept, held_back) in [(126, 127, 1), (127, 128, 1), (128, 128, 2)] {
            let (public_count, span) = observe(declared, |span| {
                span.set("key.0", "another value takes no room");
                span.set("one.more", 1);
            });
            assert_eq!((public_count, span.attributes.len()), (kept, kept));
            assert_eq!(span.dropped_attributes_count, held_back);
            let value = &span.attributes[0].value;
            assert_eq!(value.as_str(), "another value takes no room");
        }
    }
    /// Recorded by the SDK, and by Glassbox alone.
    const RECORDERS: [fn() -> SpanCollector; 2] = [SpanCollector::new, SpanCollector::alone];

    /// What is left of a request that runs `code` below its root.
    fn record(
        collector: SpanCollector,
        limits: PassbackLimits,
        max_depth: u32,
        code: impl Fn(&dyn Fn(&Context, BoundedLinks) -> ObservedSpan, &Context),
    ) -> Collected {
        let span_limits = SpanLimits {
            max_links_per_span: limits.max_links_per_span,
            ..SpanLimits::default()
        };
        let provider = SdkTracerProvider::builder()
            .with_span_processor(collector.clone())
            .with_span_limits(span_limits)
            .with_sampler(Sampler::AlwaysOn)
            .build();
        let bucket = Bucket::new(Arc::default(), Arc::default(), limits, max_depth);
        let (tracer, root) = (provider.tracer("test"), SpanId::INVALID);
        let guard = ScopeGuard::open(tracer, collector, bucket, root, Subject::default());
        let start = |parent: &Context, links| {
            ObservedSpan::start(guard.scope(), parent, || NewSpan {
                links,
                ..NewSpan::new("work", SpanKind::Internal)
            })
        };
        let outside = Context::new().with_value(guard.scope().clone());
        let mut root = start(&outside, BoundedLinks::default());
        code(&start, root.context());
        root.end();
        guard.close()
    }

    #[test]
    fn links_are_kept_up_to_their_bound_and_the_rest_is_counted() {
        for recorder in RECORDERS {
            for (made, kept) in [(1, 1), (2, 2), (3, 2), (1_000, 2)] {
                let limits = PassbackLimits {
                    max_links_per_span: 2,
                    ..PassbackLimits::default()
                };
                let collected = record(recorder(), limits, u32::MAX, |start, root| {
                    let mut links = BoundedLinks::default();
                    for _ in 0..made {
                        links.add(root.span().span_context());
                    }
                    let span = start(root, links);
                    let target = SpanContext::empty_context();
                    span.context().span().add_link(target, Vec::new());
                });
                let span = collected.spans.last().unwrap();
                assert_eq!(span.links().len(), kept);
                let held_back = u32::try_from(made - kept).unwrap() + 1;
                assert_eq!(span.dropped_links_count, held_back);
            }
        }
    }

    #[test]
    fn a_failure_too_deep_to_be_shown_lets_those_above_go_last() {
        for recorder in RECORDERS {
            let limits = PassbackLimits {
                max_spans: 2,
                ..PassbackLimits::default()
            };
            let collected = record(recorder(), limits, 1, |start, root| {
                let none = BoundedLinks::default;
                let older = start(root, none());
                let mut above = start(root, none());
                start(above.context(), none()).fail("timeout", "");
                drop(older);
                above.set("is.above", true);
            });
            let kept: Vec<_> = (collected.spans.iter())
                .map(|span| span.attributes.len())
                .collect();
            assert_eq!(kept, [0, 1], "the root, and the one above the failure");
            assert_eq!(collected.dropped_spans, 1);
        }
    }

    #[test]
    fn what_other_code_does_to_a_span_that_has_ended_is_nothing() {
        for recorder in RECORDERS {
            let limits = PassbackLimits::default();
            let collected = record(recorder(), limits, u32::MAX, |start, root| {
                let mut span = start(root, BoundedLinks::default());
                span.context().span().end();
                assert!(!span.is_recording());
                span.set("late", true);
                span.context().span().add_event("late", Vec::new());
                span.end();
            });
            let span = collected.spans.last().unwrap();
            let counts = (span.dropped_attributes_count, span.dropped_events_count);
            assert_eq!((span.attributes.len(), counts), (0, (0, 0)));
            assert_eq!((collected.spans.len(), collected.dropped_spans), (2, 0));
        }
    }
}
