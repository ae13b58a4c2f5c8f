//! Spans that are recorded for their request alone.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{Span, SpanContext, Status, TraceContextExt as _, TraceFlags};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

use super::bucket::Started;
use super::counts::count;
use super::finished::Finished;
use super::observed::NewSpan;
use super::scope::Scope;
use super::slots::SlotKey;

/// A span of Glassbox's own that no processor waits for, so that the SDK need
/// not make it: the bucket of its request has all of it. Its ids and its place
/// in the context are as the SDK's, and other code can do to it whatever it can
/// do to a span; what leaves of that is the same, also in the counts.
#[derive(Debug)]
pub(super) struct RecordedSpan {
    scope: Scope,
    span_context: SpanContext,
    key: SlotKey,
}

impl RecordedSpan {
    /// Starts a span under `parent`, and gives the context in which it is
    /// current, and where it is recorded. Not collected: there is a span in the
    /// context all the same, and nothing is recorded of it.
    pub(super) fn start(
        scope: &Scope,
        new: &mut NewSpan,
        parent: &Context,
    ) -> (Context, Option<SlotKey>) {
        let above = parent.span();
        let above = above.span_context();
        let (span_context, parent_is_remote) = context_below(above);
        let started = Started {
            span: &span_context,
            parent: above.span_id(),
            is_root: scope.is_root_parent(above.span_id()),
            fate: scope.fate(&new.name),
            is_routed: false,
        };
        let start_time = new.start_time.unwrap_or_else(SystemTime::now);
        let describe = |span: &mut Finished| {
            new.describe(scope, span);
            span.start_time = start_time;
            span.parent_is_remote = parent_is_remote;
        };
        let count = |_| scope.collector().add_recorded(span_context.span_id());
        match scope.bucket().open(started, describe, count) {
            Some(key) => {
                let span = Self {
                    scope: scope.clone(),
                    span_context,
                    key,
                };
                (parent.with_span(span), Some(key))
            }
            None => (parent.with_remote_span_context(span_context), None),
        }
    }

    /// Ends the span that is recorded there, if nobody has.
    pub(super) fn end_at(scope: &Scope, key: SlotKey, time: SystemTime) {
        if let Some(span) = scope.bucket().end_recorded(key, time) {
            scope.collector().remove_recorded(span);
        }
    }
}

/// Who a new span below another is, and whether its parent is remote: as the
/// SDK has it, with a new trace if the parent is not valid.
fn context_below(above: &SpanContext) -> (SpanContext, bool) {
    let ids = RandomIdGenerator::default();
    let (trace_id, flags) = if above.is_valid() {
        (above.trace_id(), above.trace_flags())
    } else {
        (ids.new_trace_id(), TraceFlags::default())
    };
    // Sampled is what has a sampled parent: there is no sampler to ask.
    let flags = flags.with_sampled(above.is_sampled());
    let trace_state = above.trace_state().clone();
    let context = SpanContext::new(trace_id, ids.new_span_id(), flags, false, trace_state);
    (context, above.is_valid() && above.is_remote())
}

impl NewSpan {
    /// Moves all that is known of the span to where it is recorded.
    fn describe(&mut self, scope: &Scope, span: &mut Finished) {
        span.notes.attribute_count = count(self.declared.len());
        for attribute in self.private.drain(..) {
            span.add_private(attribute, scope);
        }
        span.name = std::mem::take(&mut self.name);
        span.kind = self.kind.clone();
        span.attributes = std::mem::take(&mut self.declared);
        span.attributes.truncate(scope.max_attributes());
        if !self.links.is_empty() {
            let links = std::mem::take(&mut self.links);
            let (links, excess) = links.up_to(scope.bucket().limits().max_links());
            span.rest_mut().links = links;
            span.dropped_links_count = count(excess);
        }
    }
}

impl Finished {
    /// Records an attribute that leaves only if a rule of the policy says so.
    fn add_private(&mut self, attribute: KeyValue, scope: &Scope) {
        let limits = scope.bucket().limits();
        let count = &mut self.notes.attribute_count;
        let has_room = *count < limits.max_attributes_per_span;
        *count = count.saturating_add(1);
        if has_room && scope.bucket().policy().has_attribute_rules() {
            self.rest_mut().private.attributes.push(attribute);
        }
    }
}

/// What other code does to the span when it is the current one.
impl Span for RecordedSpan {
    fn add_event_with_timestamp<T>(&mut self, _: T, _: SystemTime, _: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.scope.bucket().change(self.key, |span| {
            let count = &mut span.dropped_events_count;
            *count = count.saturating_add(1);
        });
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        self.scope.bucket().is_open_span(self.key)
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.scope.bucket().change(self.key, |span| {
            span.add_private(attribute, &self.scope);
        });
    }

    fn set_status(&mut self, status: Status) {
        self.scope.bucket().change(self.key, |span| {
            span.rest_mut().private.set_status(status);
        });
    }

    /// The name that leaves is the one it was started with.
    fn update_name<T>(&mut self, _: T)
    where
        T: Into<Cow<'static, str>>,
    {
    }

    fn add_link(&mut self, _: SpanContext, _: Vec<KeyValue>) {
        self.scope.bucket().change(self.key, |span| {
            let count = &mut span.dropped_links_count;
            *count = count.saturating_add(1);
        });
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        Self::end_at(&self.scope, self.key, timestamp);
    }
}

impl Drop for RecordedSpan {
    fn drop(&mut self) {
        if self.is_recording() {
            self.end();
        }
    }
}
