//! A span as it may leave.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::Status;
use opentelemetry::{InstrumentationScope, Key, KeyValue};
use opentelemetry_sdk::trace::SpanData;

use super::PassbackPolicy;
use crate::passback::counts::Counters;
use crate::passback::finished::Finished;
use crate::passback::limits::PassbackLimits;
use crate::passback::observed::PublicSpan;
use crate::passback::recorded::{Rare, Record, Recording};
use crate::passback::scope::{OWN_SCOPE, own_scope};
use crate::passback::value::{MAX_KEY_LENGTH_BYTES, shorten, shorten_text};

impl PassbackPolicy {
    /// The span as it may leave. `public` is what Glassbox recorded of it, if
    /// Glassbox made it. Whatever leaves is within `limits`. `last_scope` is that
    /// of the span before, which this one may share.
    pub(in crate::passback) fn apply(
        &self,
        span: SpanData,
        public: Option<PublicSpan>,
        limits: &PassbackLimits,
        counters: &Counters,
        last_scope: &mut Option<Arc<InstrumentationScope>>,
    ) -> Finished {
        let max_bytes = limits.max_value_length_bytes;
        let recorded_count = span.attributes.len();
        let (mut name, mut failure) = (span.name, text_of(span.status));
        let (mut public_links, mut excess_links) = (0, 0);
        let mut declared = Vec::new();
        if let Some(public) = public {
            (public_links, excess_links) = (public.links, public.excess_links);
            name = public.name;
            failure = public_failure(public.failure, failure);
            declared = public.attributes;
        }
        let attributes = Attributes {
            declared,
            others: span.attributes,
            recorded_count,
        };
        let scope = span.instrumentation_scope;
        let attributes = self.admit_all(scope.name(), attributes, limits, counters);
        // What the SDK had no room for counts as well, except where it is
        // public and so leaves after all.
        let all = count(recorded_count).saturating_add(span.dropped_attributes_count);
        counters.count_cut(shorten_text(&mut name, max_bytes));
        let mut links = span.links.links;
        let withheld_links = links.len().saturating_sub(public_links);
        links.truncate(public_links);
        let withheld_links = count(withheld_links.saturating_add(excess_links));
        Finished {
            span_context: span.span_context,
            parent_span_id: span.parent_span_id,
            parent_span_is_remote: span.parent_span_is_remote,
            span_kind: span.span_kind,
            name,
            start_time: span.start_time,
            end_time: span.end_time,
            dropped_attributes_count: all.saturating_sub(count(attributes.len())),
            attributes,
            dropped_events_count: count(span.events.events.len())
                .saturating_add(span.events.dropped_count),
            links,
            dropped_links_count: span.links.dropped_count.saturating_add(withheld_links),
            status: self.status(failure, max_bytes, counters),
            recorded_by: recorded_by(scope, max_bytes, last_scope),
        }
    }

    /// The same for a span that the SDK has not seen.
    pub(in crate::passback) fn apply_recorded(
        &self,
        record: &Record,
        recording: Recording,
        end_time: SystemTime,
        limits: &PassbackLimits,
        counters: &Counters,
    ) -> Finished {
        let Recording {
            mut name,
            attributes,
            attribute_count,
            rare,
        } = recording;
        let Rare {
            failure,
            mut links,
            other_links,
            others,
            events,
            status,
        } = rare.map(|rare| *rare).unwrap_or_default();
        let max_bytes = limits.max_value_length_bytes;
        let max_attributes = usize::try_from(limits.max_attributes_per_span).unwrap_or(usize::MAX);
        let max_links = usize::try_from(limits.max_links_per_span).unwrap_or(usize::MAX);
        let attributes = Attributes {
            declared: attributes,
            others,
            recorded_count: attribute_count.min(max_attributes),
        };
        let attributes = self.admit_all(OWN_SCOPE, attributes, limits, counters);
        counters.count_cut(shorten_text(&mut name, max_bytes));
        let other_links = other_links.saturating_add(links.len().saturating_sub(max_links));
        links.truncate(max_links);
        let failure = public_failure(failure, text_of(status));
        Finished {
            span_context: record.span_context.clone(),
            parent_span_id: record.place.parent,
            parent_span_is_remote: record.parent_is_remote,
            span_kind: record.kind.clone(),
            name,
            start_time: record.start_time,
            end_time,
            dropped_attributes_count: count(attribute_count.saturating_sub(attributes.len())),
            attributes,
            dropped_events_count: count(events),
            links,
            dropped_links_count: count(other_links),
            status: self.status(failure, max_bytes, counters),
            recorded_by: None,
        }
    }

    /// The attributes that may leave, each key once.
    fn admit_all(
        &self,
        scope: &str,
        attributes: Attributes,
        limits: &PassbackLimits,
        counters: &Counters,
    ) -> Vec<KeyValue> {
        let Attributes {
            declared,
            others,
            recorded_count,
        } = attributes;
        let max_attributes = usize::try_from(limits.max_attributes_per_span).unwrap_or(usize::MAX);
        let max_bytes = limits.max_value_length_bytes;
        let has_key = |attribute: &KeyValue| attribute.key.as_str().len() <= MAX_KEY_LENGTH_BYTES;
        let mut admitted;
        if self.has_attribute_rules() {
            admitted = Vec::with_capacity(declared.len());
            let mut seen: Vec<Key> = Vec::with_capacity(declared.len() + others.len());
            let declared = declared.into_iter().map(|attribute| (attribute, true));
            let others = others.into_iter().map(|attribute| (attribute, false));
            for (attribute, is_declared) in declared.chain(others) {
                // A key is there once.
                if !is_declared && seen.contains(&attribute.key) {
                    continue;
                }
                seen.push(attribute.key.clone());
                if has_key(&attribute) {
                    admitted.extend(self.admit(scope, attribute, is_declared, counters));
                }
            }
        } else {
            admitted = declared;
            admitted.retain(has_key);
        }
        let withheld = recorded_count.saturating_sub(admitted.len());
        counters.withheld_attributes.add(withheld);
        admitted.truncate(max_attributes);
        if self.has_attribute_rules() {
            // What Glassbox has set itself is within its bound from the start.
            for attribute in &mut admitted {
                counters.count_cut(shorten(&mut attribute.value, max_bytes));
            }
        }
        admitted
    }

    /// The status of a span that has failed for this reason, if it has.
    fn status(
        &self,
        failure: Option<Cow<'static, str>>,
        max_bytes: usize,
        counters: &Counters,
    ) -> Status {
        match failure {
            Some(mut text) if self.with_error_texts => {
                counters.count_cut(shorten_text(&mut text, max_bytes));
                Status::error(text)
            }
            Some(_) => Status::error(""),
            None => Status::Unset,
        }
    }
}

/// What attributes a span has.
struct Attributes {
    declared: Vec<KeyValue>,
    others: Vec<KeyValue>,
    /// How many were recorded, with those that were replaced.
    recorded_count: usize,
}

/// The text of an error, if it is one.
fn text_of(status: Status) -> Option<Cow<'static, str>> {
    match status {
        Status::Error { description } => Some(description),
        Status::Unset | Status::Ok => None,
    }
}

/// Why one of our own spans has failed: of that, others have the say only
/// where it says nothing.
fn public_failure(
    own: Option<Cow<'static, str>>,
    recorded: Option<Cow<'static, str>>,
) -> Option<Cow<'static, str>> {
    own.map(|text| match recorded {
        Some(recorded) if text.is_empty() => recorded,
        _ => text,
    })
}

/// Who recorded a span, if not Glassbox, as it may leave.
fn recorded_by(
    scope: InstrumentationScope,
    max_bytes: usize,
    last: &mut Option<Arc<InstrumentationScope>>,
) -> Option<Arc<InstrumentationScope>> {
    let is_same =
        |known: &InstrumentationScope| *known == scope && scope.attributes().next().is_none();
    if is_same(own_scope()) {
        return None;
    }
    if !last.as_deref().is_some_and(is_same) {
        *last = Some(Arc::new(public_scope(&scope, max_bytes).unwrap_or(scope)));
    }
    last.clone()
}

/// The scope as it may leave, if that is not as it is: without its attributes,
/// which nobody has declared, and without texts that are too long.
fn public_scope(scope: &InstrumentationScope, max_bytes: usize) -> Option<InstrumentationScope> {
    let fits = |text: &&str| text.len() <= max_bytes;
    let texts = [Some(scope.name()), scope.version(), scope.schema_url()];
    if texts.iter().flatten().all(fits) && scope.attributes().next().is_none() {
        return None;
    }
    let [name, version, schema_url] = texts.map(|text| text.filter(fits).map(str::to_owned));
    let mut builder = InstrumentationScope::builder(name.unwrap_or_default());
    if let Some(version) = version {
        builder = builder.with_version(version);
    }
    if let Some(url) = schema_url {
        builder = builder.with_schema_url(url);
    }
    Some(builder.build())
}

fn count(held_back: usize) -> u32 {
    u32::try_from(held_back).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, Link, SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    use opentelemetry::{InstrumentationScope, Value};
    use proptest::prelude::*;

    use super::super::AttributeMatch;
    use super::*;
    use crate::passback::bucket::tests::span;

    fn public(attributes: Vec<KeyValue>) -> Option<PublicSpan> {
        Some(PublicSpan {
            name: "work".into(),
            attributes,
            failure: None,
            links: 0,
            excess_links: 0,
        })
    }

    fn cut_at(max_value_length_bytes: usize) -> PassbackLimits {
        PassbackLimits {
            max_value_length_bytes,
            ..PassbackLimits::default()
        }
    }

    #[test]
    fn only_what_glassbox_recorded_leaves() {
        let mut span = span(1, 0, "renamed: hunter2");
        span.attributes.push(KeyValue::new("user.id", 7));
        span.attributes.push(KeyValue::new("user.id", "hunter2"));
        span.attributes
            .push(KeyValue::new("db.query.text", "hunter2"));
        span.attributes.push(KeyValue::new("error.type", "hunter2"));
        span.status = Status::error("hunter2");
        let declared = public(vec![KeyValue::new("user.id", 7)]);
        let span = PassbackPolicy::default().apply(
            span,
            declared,
            &cut_at(99),
            &Counters::default(),
            &mut None,
        );
        assert_eq!(span.name, "work");
        assert_eq!(span.attributes, [KeyValue::new("user.id", 7)]);
        assert_eq!(span.dropped_attributes_count, 3);
        assert_eq!(span.status, Status::Unset);
    }

    #[test]
    fn the_author_may_publish_more() {
        let mut span = span(1, 0, "work");
        span.attributes
            .push(KeyValue::new("server.address", "gmail.googleapis.com"));
        let policy = PassbackPolicy::default().publish("server.address");
        let span = policy.apply(
            span,
            public(Vec::new()),
            &cut_at(5),
            &Counters::default(),
            &mut None,
        );
        assert_eq!(span.attributes, [KeyValue::new("server.address", "gmail")]);
        assert_eq!(span.dropped_attributes_count, 0);
    }

    #[test]
    fn events_links_and_error_texts_stay() {
        let mut span = span(1, 0, "work");
        span.events
            .events
            .push(Event::new("exception", SystemTime::now(), Vec::new(), 0));
        span.links
            .links
            .push(Link::with_context(SpanContext::empty_context()));
        span.status = Status::error("password is hunter2");
        let failed = PublicSpan {
            failure: Some("our own text".into()),
            ..PublicSpan::default()
        };
        let span = PassbackPolicy::default().apply(
            span,
            Some(failed),
            &cut_at(99),
            &Counters::default(),
            &mut None,
        );
        assert_eq!(span.status, Status::error(""));
        assert_eq!(span.dropped_events_count, 1);
        assert_eq!((span.links.len(), span.dropped_links_count), (0, 1));
    }

    #[test]
    fn of_a_span_that_glassbox_did_not_make_only_the_frame_leaves() {
        let mut span = span(1, 0, "theirs");
        span.attributes
            .push(KeyValue::new("http.request.method", "GET"));
        let span = PassbackPolicy::default().apply(
            span,
            None,
            &cut_at(99),
            &Counters::default(),
            &mut None,
        );
        assert_eq!((span.name.as_ref(), span.attributes.len()), ("theirs", 0));
    }

    #[test]
    fn of_a_scope_that_glassbox_did_not_make_only_the_frame_leaves() {
        let mut span = span(1, 0, "theirs");
        span.instrumentation_scope = InstrumentationScope::builder("theirs")
            .with_version("1")
            .with_schema_url("https://schema")
            .with_attributes([KeyValue::new("tenant", "hunter2")])
            .build();
        let span = PassbackPolicy::default().apply(
            span,
            None,
            &cut_at(99),
            &Counters::default(),
            &mut None,
        );
        let scope = span.scope();
        assert_eq!(scope.attributes().count(), 0);
        let rest = (scope.name(), scope.version(), scope.schema_url());
        assert_eq!(rest, ("theirs", Some("1"), Some("https://schema")));
    }

    #[test]
    fn texts_of_a_scope_leave_whole_or_not_at_all() {
        for length in [8, 9, 10] {
            let text = "x".repeat(length);
            let mut span = span(1, 0, "theirs");
            span.instrumentation_scope = InstrumentationScope::builder(text.clone())
                .with_version(text.clone())
                .with_schema_url(text.clone())
                .build();
            let span = PassbackPolicy::default().apply(
                span,
                None,
                &cut_at(9),
                &Counters::default(),
                &mut None,
            );
            let scope = span.scope();
            let kept = (length < 10).then_some(text.as_str());
            assert_eq!(scope.name(), kept.unwrap_or_default());
            assert_eq!((scope.version(), scope.schema_url()), (kept, kept));
        }
    }

    #[test]
    fn a_key_that_is_too_long_takes_its_attribute_with_it() {
        for (length, kept) in [(255, 1), (256, 1), (257, 0)] {
            let key = "k".repeat(length);
            let policy = PassbackPolicy::default().publish("k*");
            for declared in [Some(key.clone()), None] {
                let mut span = span(1, 0, "work");
                span.attributes.push(KeyValue::new(key.clone(), 1));
                let own = declared.and_then(|key| public(vec![KeyValue::new(key, 1)]));
                let counters = Counters::default();
                let span = policy.apply(span, own, &cut_at(9), &counters, &mut None);
                assert_eq!(span.attributes.len(), kept);
                let held_back = 1 - u32::try_from(kept).unwrap();
                assert_eq!(span.dropped_attributes_count, held_back);
                let counted = counters.snapshot().withheld_attributes;
                assert_eq!(counted, u64::from(held_back));
            }
        }
    }

    #[test]
    fn links_that_an_author_declared_leave() {
        let link = |span: u64| {
            let context = SpanContext::new(
                TraceId::from(1),
                SpanId::from(span),
                TraceFlags::SAMPLED,
                false,
                TraceState::NONE,
            );
            Link::with_context(context)
        };
        let mut span = span(1, 0, "work");
        span.links.links = vec![link(1), link(2), link(3)];
        let declared = PublicSpan {
            links: 2,
            excess_links: 4,
            ..PublicSpan::default()
        };
        let span = PassbackPolicy::default().apply(
            span,
            Some(declared),
            &PassbackLimits::default(),
            &Counters::default(),
            &mut None,
        );
        assert_eq!(span.links, [link(1), link(2)]);
        assert_eq!(span.dropped_links_count, 5);
    }

    #[test]
    fn error_texts_leave_only_if_the_policy_says_so() {
        let ours = |failure: &'static str| PublicSpan {
            failure: Some(failure.into()),
            ..PublicSpan::default()
        };
        let status = |policy: &PassbackPolicy, public| {
            let mut span = span(1, 0, "work");
            span.status = Status::error("set by other code");
            policy
                .apply(span, public, &cut_at(12), &Counters::default(), &mut None)
                .status
        };
        let default = PassbackPolicy::default();
        let open = PassbackPolicy::default().with_error_texts(true);
        for (public, text) in [
            (Some(ours("our own text, at length")), "our own text"),
            (Some(ours("")), "set by other"),
            (None, "set by other"),
        ] {
            assert_eq!(status(&default, public.clone()), Status::error(""));
            assert_eq!(status(&open, public), Status::error(text));
        }
        let unfailed = Some(PublicSpan::default());
        assert_eq!(
            status(&open, unfailed),
            Status::Unset,
            "other code does not fail our spans"
        );
    }

    #[test]
    fn a_declared_attribute_can_be_held_back_and_is_not_replaced_by_another() {
        let mut span = span(1, 0, "work");
        span.attributes.push(KeyValue::new("user.id", 7));
        span.attributes.push(KeyValue::new("user.id", 8));
        let policy = PassbackPolicy::default().redact("user.id", |value| match value {
            Value::I64(7) => None,
            other => Some(other.clone()),
        });
        let counters = Counters::default();
        let declared = public(vec![KeyValue::new("user.id", 7)]);
        let span = policy.apply(span, declared, &cut_at(99), &counters, &mut None);
        assert_eq!(
            (span.attributes.len(), span.dropped_attributes_count),
            (0, 2)
        );
        assert_eq!(counters.snapshot().withheld_attributes, 2);
    }

    /// What a rule may do, and about which keys.
    fn rule() -> impl Strategy<Value = (u8, &'static str)> {
        let keys = ["a.x", "a.y", "b.x", "a.*", "*", "c"];
        (0..4_u8, prop::sample::select(keys.to_vec()))
    }

    fn policy_of(rules: &[(u8, &'static str)]) -> PassbackPolicy {
        let add = |policy: PassbackPolicy, (action, key): &(u8, &'static str)| match action {
            0 => policy.publish(*key),
            1 => policy.withhold(*key),
            2 => policy.hash(*key),
            _ => policy.redact(*key, |_| Some("redacted".into())),
        };
        rules.iter().fold(PassbackPolicy::default(), add)
    }

    proptest! {
        #[test]
        fn only_what_was_declared_or_named_leaves_and_the_counts_add_up(
            declared in prop::sample::subsequence(vec!["a.x", "a.y", "b.x", "b.y"], 0..4),
            others in prop::collection::vec(prop::sample::select(vec!["a.x", "a.z", "b.y", "d"]), 0..9),
            rules in prop::collection::vec(rule(), 0..5),
            is_ours in any::<bool>(),
        ) {
            let declared: Vec<_> = declared.into_iter().filter(|_| is_ours).collect();
            let attribute = |key: &&'static str| KeyValue::new(*key, format!("value of {key}"));
            let mut span = span(1, 0, "work");
            span.attributes = declared.iter().chain(&others).map(attribute).collect();
            let recorded = span.attributes.len();
            let own = is_ours.then(|| PublicSpan {
                attributes: declared.iter().map(attribute).collect(),
                ..PublicSpan::default()
            });
            let span = policy_of(&rules).apply(span, own, &cut_at(99), &Counters::default(), &mut None);

            let dropped = usize::try_from(span.dropped_attributes_count).unwrap();
            prop_assert_eq!(span.attributes.len() + dropped, recorded);
            for attribute in &span.attributes {
                let key = attribute.key.as_str();
                let about = |action: u8| rules.iter().any(|(does, pattern)| {
                    *does == action && AttributeMatch::from(*pattern).matches("", key)
                });
                prop_assert!(!about(1), "{key} was withheld");
                let is_declared = declared.contains(&key);
                prop_assert!(is_declared || [0, 2, 3].into_iter().any(about), "{key} was not named");
                let value = attribute.value.as_str();
                prop_assert_eq!(about(2), value.starts_with("hash:"));
                if about(3) && !about(2) {
                    prop_assert_eq!(value, "redacted");
                }
            }
            let mut keys: Vec<_> = span.attributes.iter().map(|attribute| &attribute.key).collect();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), span.attributes.len(), "a key is there once");
        }
    }
}
