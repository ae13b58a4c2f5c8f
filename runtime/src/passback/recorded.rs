//! Spans that are recorded for their request alone.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{
    Link, Span, SpanContext, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

use super::bucket::Started;
use super::observed::set_public;
use super::place::Place;
use super::scope::Scope;
use super::sync::Mutex;

/// A span of Glassbox's own that no processor waits for, so that the SDK need
/// not make it. Its ids and its place in the context are as the SDK's, and other
/// code can do to it whatever it can do to a span; what leaves of that is the
/// same, also in the counts.
#[derive(Debug)]
pub(super) struct RecordedSpan(Arc<Record>);

/// A recorded span, as Glassbox holds it.
#[derive(Debug)]
pub(super) struct Record {
    scope: Scope,
    pub(super) span_context: SpanContext,
    pub(super) parent_is_remote: bool,
    pub(super) kind: SpanKind,
    pub(super) start_time: SystemTime,
    pub(super) place: Place,
    /// Until it ends.
    recording: Mutex<Option<Recording>>,
}

/// What is known of a span that has not ended.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) name: Cow<'static, str>,
    /// The public ones.
    pub(super) attributes: Vec<KeyValue>,
    /// Attributes of all kinds that were ever set.
    pub(super) attribute_count: usize,
    pub(super) rare: Option<Box<Rare>>,
}

/// What most spans do not have.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Why it failed, if it did.
    pub(super) failure: Option<Cow<'static, str>>,
    /// The public links.
    pub(super) links: Vec<Link>,
    /// Links that are not in `links`: too many, or added by other code.
    pub(super) other_links: usize,
    /// Attributes that are not public, if a rule of the policy could make them
    /// so. As many as the SDK would record.
    pub(super) others: Vec<KeyValue>,
    /// Events that other code has added.
    pub(super) events: usize,
    pub(super) status: Status,
}

/// What can be seen of a span below which another starts.
struct Parent {
    trace_id: TraceId,
    flags: TraceFlags,
    is_remote: bool,
}

impl Parent {
    /// The span of `context`, as far as the SDK takes it for a parent.
    fn of(span: &SpanContext) -> Self {
        if span.is_valid() {
            Self {
                trace_id: span.trace_id(),
                flags: span.trace_flags(),
                is_remote: span.is_remote(),
            }
        } else {
            Self {
                trace_id: RandomIdGenerator::default().new_trace_id(),
                flags: TraceFlags::default(),
                is_remote: false,
            }
        }
    }
}

impl Record {
    /// Starts a span under `parent`, and gives the context in which it is
    /// current. Not collected: there is a span in the context all the same, and
    /// nothing is recorded of it.
    pub(super) fn start(
        scope: &Scope,
        (kind, start_time): (SpanKind, Option<SystemTime>),
        recording: Recording,
        parent: &Context,
    ) -> (Context, Option<Arc<Self>>) {
        let span = parent.span();
        let above = span.span_context();
        let Parent {
            trace_id,
            flags,
            is_remote,
        } = Parent::of(above);
        let id = RandomIdGenerator::default().new_span_id();
        // Sampled is what has a sampled parent: there is no sampler to ask.
        let flags = flags.with_sampled(above.is_sampled());
        let trace_state = above.trace_state().clone();
        let span_context = SpanContext::new(trace_id, id, flags, false, trace_state);
        // Counted first: a request that closes from here on either finds the
        // span open and counts it no longer, or refuses it.
        scope.collector().add_recorded(id);
        let Some(place) = scope.bucket().open(Started {
            id,
            parent: above.span_id(),
            is_root: scope.is_root_parent(above.span_id()),
            fate: scope.fate(&recording.name),
            is_routed: false,
        }) else {
            scope.collector().remove_recorded(id);
            return (parent.with_remote_span_context(span_context), None);
        };
        let record = Arc::new(Self {
            scope: scope.clone(),
            span_context,
            parent_is_remote: is_remote,
            kind,
            start_time: start_time.unwrap_or_else(SystemTime::now),
            place,
            recording: Mutex::new(Some(recording)),
        });
        let context = parent.with_span(RecordedSpan(Arc::clone(&record)));
        (context, Some(record))
    }
}

impl Record {
    /// Sets a public attribute.
    pub(super) fn set(&self, attribute: KeyValue) {
        self.change(|recording| {
            recording.attribute_count = recording.attribute_count.saturating_add(1);
            let max = self.scope.max_attributes();
            set_public(&mut recording.attributes, attribute, max);
        });
    }

    /// Notes that the span has failed, and why.
    pub(super) fn fail(&self, text: Cow<'static, str>) {
        self.change(|recording| {
            let rare = recording.rare();
            rare.failure = Some(text.clone());
            rare.set_status(Status::error(text));
        });
    }

    /// Sets an attribute that leaves only if a rule of the policy says so.
    fn set_other(&self, attribute: KeyValue) {
        self.change(|recording| recording.set_other(&self.scope, attribute));
    }

    pub(super) fn is_recording(&self) -> bool {
        self.recording.lock().is_some()
    }

    /// Ends the span, if nobody has.
    pub(super) fn end(&self, time: SystemTime) {
        let recording = self.recording.lock().take();
        if let Some(recording) = recording
            && self.scope.bucket().finish_recorded(self, recording, time)
        {
            let id = self.span_context.span_id();
            self.scope.collector().remove_recorded(id);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Recording)) {
        if let Some(recording) = self.recording.lock().as_mut() {
            change(recording);
        }
    }
}

impl Recording {
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(super) fn has_failed(&self) -> bool {
        let rare = self.rare.as_ref();
        rare.is_some_and(|rare| rare.failure.is_some())
    }

    /// Records an attribute that is not public.
    pub(super) fn set_other(&mut self, scope: &Scope, attribute: KeyValue) {
        let has_room = self.attribute_count < scope.max_attributes();
        if has_room && scope.bucket().policy().has_attribute_rules() {
            self.rare().others.push(attribute);
        }
        self.attribute_count = self.attribute_count.saturating_add(1);
    }
}

impl Rare {
    /// As the SDK does: `Ok` outweighs an error, and an error nothing.
    fn set_status(&mut self, status: Status) {
        if status > self.status {
            self.status = status;
        }
    }
}

/// What other code does to the span when it is the current one.
impl Span for RecordedSpan {
    fn add_event_with_timestamp<T>(&mut self, _: T, _: SystemTime, _: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.0.change(|recording| {
            let rare = recording.rare();
            rare.events = rare.events.saturating_add(1);
        });
    }

    fn span_context(&self) -> &SpanContext {
        &self.0.span_context
    }

    fn is_recording(&self) -> bool {
        self.0.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.0.set_other(attribute);
    }

    fn set_status(&mut self, status: Status) {
        self.0
            .change(|recording| recording.rare().set_status(status));
    }

    /// The name that leaves is the one it was started with.
    fn update_name<T>(&mut self, _: T)
    where
        T: Into<Cow<'static, str>>,
    {
    }

    fn add_link(&mut self, _: SpanContext, _: Vec<KeyValue>) {
        self.0.change(|recording| {
            let rare = recording.rare();
            rare.other_links = rare.other_links.saturating_add(1);
        });
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.0.end(timestamp);
    }
}

impl Drop for RecordedSpan {
    fn drop(&mut self) {
        if self.0.is_recording() {
            self.0.end(SystemTime::now());
        }
    }
}
