//! A span that Glassbox makes, and what of it is public.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, Tracer,
};
use opentelemetry::{Context, KeyValue, Value};

use super::recorded::{Record, Recording};
use super::scope::Scope;
use crate::semconv;

/// What may leave of a span: what Glassbox itself recorded, and nothing that
/// other code has put on the span since.
#[derive(Clone, Debug, Default)]
pub(crate) struct PublicSpan {
    pub(super) name: Cow<'static, str>,
    pub(super) attributes: Vec<KeyValue>,
    /// Why it failed, if it did: a text for the server's own eyes unless the
    /// policy says otherwise.
    pub(super) failure: Option<Cow<'static, str>>,
    /// How many of the span's links are public: the first ones.
    pub(super) links: usize,
    /// Links that were too many to be put on the span.
    pub(super) excess_links: usize,
}

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
}

/// A span on its way; its public side is kept with the request. Ends once;
/// dropped before that, it ends as it is.
#[derive(Debug)]
pub(crate) struct ObservedSpan {
    scope: Scope,
    context: Context,
    /// The span, if the SDK has not made it.
    record: Option<Arc<Record>>,
    ended: bool,
}

impl ObservedSpan {
    /// Starts a span under `parent`. `attributes` are public; `private` ones
    /// are recorded, but leave only if the policy says so.
    #[cfg_attr(
        not(feature = "http-client"),
        allow(dead_code, reason = "phases have links, and roots a time")
    )]
    pub(crate) fn start(
        scope: &Scope,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        private: Vec<KeyValue>,
        parent: &Context,
    ) -> Self {
        Self::start_linked(
            scope,
            name,
            kind,
            attributes,
            private,
            BoundedLinks::default(),
            parent,
        )
    }

    /// The same, with links, which are public.
    pub(crate) fn start_linked(
        scope: &Scope,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        private: Vec<KeyValue>,
        links: BoundedLinks,
        parent: &Context,
    ) -> Self {
        let builder = SpanBuilder::from_name(name).with_kind(kind);
        Self::build(scope, builder, attributes, private, links, parent)
    }

    /// Starts a span at a time before.
    pub(crate) fn start_at(
        scope: &Scope,
        name: impl Into<Cow<'static, str>>,
        (kind, start): (SpanKind, SystemTime),
        attributes: Vec<KeyValue>,
        private: Vec<KeyValue>,
        parent: &Context,
    ) -> Self {
        let builder = SpanBuilder::from_name(name)
            .with_kind(kind)
            .with_start_time(start);
        let links = BoundedLinks::default();
        Self::build(scope, builder, attributes, private, links, parent)
    }

    fn build(
        scope: &Scope,
        mut builder: SpanBuilder,
        attributes: Vec<KeyValue>,
        private: Vec<KeyValue>,
        links: BoundedLinks,
        parent: &Context,
    ) -> Self {
        scope.shorten_text(&mut builder.name);
        let declared = declared(scope, attributes);
        let private = private.into_iter().map(|private| scope.shortened(private));
        if scope.records_alone() && !parent.is_telemetry_suppressed() {
            let mut recording = Recording {
                name: builder.name,
                attribute_count: declared.len(),
                attributes: declared,
                rare: None,
            };
            recording.attributes.truncate(scope.max_attributes());
            private.for_each(|private| recording.set_other(scope, private));
            if !links.kept.is_empty() {
                let rare = recording.rare();
                (rare.links, rare.other_links) = (links.kept, links.excess);
            }
            let kind = builder.span_kind.unwrap_or(SpanKind::Internal);
            let start = (kind, builder.start_time);
            let (context, record) = Record::start(scope, start, recording, parent);
            return Self {
                scope: scope.clone(),
                context,
                record,
                ended: false,
            };
        }
        let (public_links, excess_links) = (links.kept.len(), links.excess);
        if !links.kept.is_empty() {
            builder.links = Some(links.kept);
        }
        // Nobody asked for the public side of a span that is only exported.
        let public = scope.collects().then(|| PublicSpan {
            name: builder.name.clone(),
            attributes: Vec::from(first(&declared, scope.max_attributes())),
            failure: None,
            links: public_links,
            excess_links,
        });
        let mut recorded = declared;
        recorded.extend(private);
        builder.attributes = Some(recorded);
        let span = scope.tracer().build_with_context(builder, parent);
        if let Some(public) = public {
            scope.publish(span.span_context().span_id(), Box::new(public));
        }
        Self {
            scope: scope.clone(),
            context: parent.with_span(span),
            record: None,
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
        if let Some(record) = &self.record {
            return record.set(attribute);
        }
        let span = self.context.span();
        if self.scope.collects() {
            self.scope.amend(span.span_context().span_id(), |public| {
                let max = self.scope.max_attributes();
                set_public(&mut public.attributes, attribute.clone(), max);
            });
        }
        span.set_attribute(attribute);
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
        if let Some(record) = &self.record {
            return record.fail(text);
        }
        let span = self.context.span();
        if self.scope.collects() {
            self.scope.amend(span.span_context().span_id(), |public| {
                public.failure = Some(text.clone());
            });
        }
        span.set_status(Status::error(text));
    }

    /// Ends the span at a time before.
    pub(crate) fn end_at(&mut self, end: SystemTime) {
        if !std::mem::replace(&mut self.ended, true) {
            match &self.record {
                Some(record) => record.end(end),
                None => self.context.span().end_with_timestamp(end),
            }
        }
    }

    /// Ends the span.
    pub(crate) fn end(&mut self) {
        if !self.ended {
            self.end_at(SystemTime::now());
        }
    }
}

impl Drop for ObservedSpan {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sets an attribute, or one of the same key; one more than there may be is
/// left out.
pub(super) fn set_public(attributes: &mut Vec<KeyValue>, attribute: KeyValue, max: usize) {
    if let Some(known) = find(attributes, &attribute) {
        known.value = attribute.value;
    } else if attributes.len() < max {
        attributes.push(attribute);
    }
}

/// The attributes of a span that is about to start: each within its bound, and
/// each key once, with its last value.
fn declared(scope: &Scope, mut attributes: Vec<KeyValue>) -> Vec<KeyValue> {
    for attribute in &mut attributes {
        scope.shorten(attribute);
    }
    if has_repeated_key(&attributes) {
        let mut once: Vec<KeyValue> = Vec::with_capacity(attributes.len());
        for attribute in attributes {
            match find(&mut once, &attribute) {
                Some(known) => known.value = attribute.value,
                None => once.push(attribute),
            }
        }
        return once;
    }
    attributes
}

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

fn first<T>(items: &[T], count: usize) -> &[T] {
    items.get(..count).unwrap_or(items)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry::trace::{SpanId, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::super::bucket::Bucket;
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
        let mut span = ObservedSpan::start(
            guard.scope(),
            "work",
            SpanKind::Internal,
            declared.collect(),
            Vec::new(),
            &outside,
        );
        more(&mut span);
        let id = span.context().span().span_context().span_id();
        let mut public_count = 0;
        guard
            .scope()
            .amend(id, |public| public_count = public.attributes.len());
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
}
