//! A span that Glassbox makes, and what of it is public.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, Value};

use super::limits::cut;
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
}

/// A span on its way; its public side is kept with the request. Ends once;
/// dropped before that, it ends as it is.
#[derive(Debug)]
pub(crate) struct ObservedSpan {
    scope: Scope,
    context: Context,
    ended: bool,
}

impl ObservedSpan {
    /// Starts a span under `parent`, now or at a time before. `attributes` are public; `private` ones
    /// are recorded, but leave only if the policy says so.
    pub(crate) fn start(
        scope: &Scope,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        start: Option<SystemTime>,
        attributes: Vec<KeyValue>,
        private: Vec<KeyValue>,
        parent: &Context,
    ) -> Self {
        let mut builder = SpanBuilder::from_name(name).with_kind(kind);
        builder.start_time = start;
        let mut public = PublicSpan::default();
        let limit = scope.max_value_length_bytes();
        let name = cut(&builder.name, limit);
        if name.len() < builder.name.len() {
            builder.name = Cow::Owned(name.to_owned());
        }
        public.name = builder.name.clone();
        for attribute in attributes {
            public.set(bounded(attribute, limit));
        }
        // Nobody asked for the public side of a span that is only exported.
        let collects = scope.collects();
        let mut recorded = if collects {
            public.attributes.clone()
        } else {
            std::mem::take(&mut public.attributes)
        };
        recorded.extend(
            private
                .into_iter()
                .map(|attribute| bounded(attribute, limit)),
        );
        builder.attributes = Some(recorded);
        let span = scope.tracer().build_with_context(builder, parent);
        if collects {
            scope.publish(span.span_context().span_id(), public);
        }
        Self {
            scope: scope.clone(),
            context: parent.with_span(span),
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

    /// Sets a public attribute. A key is there once: the last value counts.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        let attribute = bounded(
            KeyValue::new(key, value),
            self.scope.max_value_length_bytes(),
        );
        let span = self.context.span();
        if self.scope.collects() {
            self.scope.amend(span.span_context().span_id(), |public| {
                public.set(attribute.clone());
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
        let text = text.into();
        let text = match cut(&text, self.scope.max_value_length_bytes()) {
            short if short.len() < text.len() => Cow::Owned(short.to_owned()),
            _ => text,
        };
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
            self.context.span().end_with_timestamp(end);
        }
    }

    /// Ends the span.
    pub(crate) fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.context.span().end();
        }
    }
}

impl Drop for ObservedSpan {
    fn drop(&mut self) {
        self.end();
    }
}

impl PublicSpan {
    fn set(&mut self, attribute: KeyValue) {
        match self
            .attributes
            .iter_mut()
            .find(|known| known.key == attribute.key)
        {
            Some(known) => known.value = attribute.value,
            None => self.attributes.push(attribute),
        }
    }
}

/// The attribute with its text cut to `max_bytes` bytes.
pub(super) fn bounded(mut attribute: KeyValue, max_bytes: usize) -> KeyValue {
    if let Value::String(text) = &attribute.value
        && text.as_str().len() > max_bytes
    {
        attribute.value = Value::from(cut(text.as_str(), max_bytes).to_owned());
    }
    attribute
}
