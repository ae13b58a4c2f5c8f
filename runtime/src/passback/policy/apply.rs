//! A span as it may leave.

use opentelemetry::trace::Status;
use opentelemetry::{Key, KeyValue};

use super::PassbackPolicy;
use crate::passback::counts::{Counters, count};
use crate::passback::finished::Finished;
use crate::passback::limits::PassbackLimits;
use crate::passback::value::{MAX_KEY_LENGTH_BYTES, shorten, shorten_text};

/// What was recorded of a span and is not public by itself.
#[derive(Debug)]
pub(in crate::passback) struct Others<'a> {
    /// Who records it.
    pub(in crate::passback) scope: &'a str,
    /// Attributes that nobody has declared.
    pub(in crate::passback) attributes: &'a mut Vec<KeyValue>,
    /// How many attributes were recorded, declared or not, with those that were
    /// replaced.
    pub(in crate::passback) recorded_count: usize,
    /// The same with those for which there was no room.
    pub(in crate::passback) all_count: u32,
    /// What other code says of how it ended.
    pub(in crate::passback) status: &'a Status,
}

impl PassbackPolicy {
    /// The attributes that may leave by the rules, each key once.
    pub(in crate::passback) fn admit_all(
        &self,
        scope: &str,
        declared: Vec<KeyValue>,
        others: Vec<KeyValue>,
        counters: &Counters,
    ) -> Vec<KeyValue> {
        let mut admitted = Vec::with_capacity(declared.len());
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
        admitted
    }

    /// Changes a span that has ended to what may leave of it: its attributes,
    /// which the rules have admitted if there are any, and its status, within
    /// `limits`. Counts what stays.
    pub(in crate::passback) fn settle(
        &self,
        span: &mut Finished,
        others: &Others<'_>,
        limits: &PassbackLimits,
        counters: &Counters,
    ) {
        let max_bytes = limits.max_value_length_bytes;
        let attributes = &mut span.attributes;
        if !attributes.iter().all(has_key) {
            attributes.retain(has_key);
        }
        let withheld = others.recorded_count.saturating_sub(attributes.len());
        counters.withheld_attributes.add(withheld);
        attributes.truncate(limits.max_attributes());
        if self.has_attribute_rules() {
            // What Glassbox has set itself is within its bound from the start.
            for attribute in attributes.iter_mut() {
                counters.count_cut(shorten(&mut attribute.value, max_bytes));
            }
        }
        let left = count(attributes.len());
        span.dropped_attributes_count = others.all_count.saturating_sub(left);
        if span.has_failed && self.shows_error_texts() {
            let text = &mut span.rest_mut().error_text;
            // Why a span has failed, others say only where Glassbox does not.
            if let Status::Error { description } = others.status
                && text.is_empty()
            {
                text.clone_from(description);
            }
            counters.count_cut(shorten_text(text, max_bytes));
        }
    }
}

/// Whether the key of an attribute can leave.
fn has_key(attribute: &KeyValue) -> bool {
    attribute.key.as_str().len() <= MAX_KEY_LENGTH_BYTES
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use opentelemetry::trace::{Event, Link, SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    use opentelemetry::{InstrumentationScope, Value};
    use proptest::prelude::*;

    use super::super::AttributeMatch;
    use super::*;
    use crate::passback::bucket::tests::{Public, leaves, span};

    fn public(attributes: Vec<KeyValue>) -> Option<Public> {
        Some(Public {
            name: "work",
            attributes,
            ..Public::default()
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
        let span = leaves(
            span,
            declared,
            &PassbackPolicy::default(),
            cut_at(99),
            &Arc::default(),
        );
        assert_eq!(span.name, "work");
        assert_eq!(span.attributes, [KeyValue::new("user.id", 7)]);
        assert_eq!(span.dropped_attributes_count, 3);
        assert_eq!(span.failure(), None);
    }

    #[test]
    fn the_author_may_publish_more() {
        let mut span = span(1, 0, "work");
        span.attributes
            .push(KeyValue::new("server.address", "gmail.googleapis.com"));
        let policy = PassbackPolicy::default().publish("server.address");
        let span = leaves(
            span,
            public(Vec::new()),
            &policy,
            cut_at(5),
            &Arc::default(),
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
        let failed = Public {
            failure: Some("our own text"),
            ..Public::default()
        };
        let span = leaves(
            span,
            Some(failed),
            &PassbackPolicy::default(),
            cut_at(99),
            &Arc::default(),
        );
        assert_eq!(span.failure(), Some(""));
        assert_eq!(span.dropped_events_count, 1);
        assert_eq!((span.links().len(), span.dropped_links_count), (0, 1));
    }

    #[test]
    fn of_a_span_that_glassbox_did_not_make_only_the_frame_leaves() {
        let mut span = span(1, 0, "theirs");
        span.attributes
            .push(KeyValue::new("http.request.method", "GET"));
        let span = leaves(
            span,
            None,
            &PassbackPolicy::default(),
            cut_at(99),
            &Arc::default(),
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
        let span = leaves(
            span,
            None,
            &PassbackPolicy::default(),
            cut_at(99),
            &Arc::default(),
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
            let span = leaves(
                span,
                None,
                &PassbackPolicy::default(),
                cut_at(9),
                &Arc::default(),
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
                let counters = Arc::<Counters>::default();
                let span = leaves(span, own, &policy, cut_at(9), &counters);
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
        let declared = Public {
            links: 2,
            excess_links: 4,
            ..Public::default()
        };
        let span = leaves(
            span,
            Some(declared),
            &PassbackPolicy::default(),
            PassbackLimits::default(),
            &Arc::default(),
        );
        assert_eq!(span.links(), [link(1), link(2)]);
        assert_eq!(span.dropped_links_count, 5);
    }

    #[test]
    fn error_texts_leave_only_if_the_policy_says_so() {
        let ours = |failure: &'static str| Public {
            failure: Some(failure),
            ..Public::default()
        };
        let failure = |policy: &PassbackPolicy, public| {
            let mut span = span(1, 0, "work");
            span.status = Status::error("set by other code");
            let span = leaves(span, public, policy, cut_at(12), &Arc::default());
            span.failure().map(str::to_owned)
        };
        let default = PassbackPolicy::default();
        let open = PassbackPolicy::default().with_error_texts(true);
        for (public, text) in [
            (Some(ours("our own text, at length")), "our own text"),
            (Some(ours("")), "set by other"),
            (None, "set by other"),
        ] {
            assert_eq!(failure(&default, public.clone()).as_deref(), Some(""));
            assert_eq!(failure(&open, public).as_deref(), Some(text));
        }
        let unfailed = Some(Public::default());
        assert_eq!(
            failure(&open, unfailed),
            None,
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
        let counters = Arc::<Counters>::default();
        let declared = public(vec![KeyValue::new("user.id", 7)]);
        let span = leaves(span, declared, &policy, cut_at(99), &counters);
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
            let own = is_ours.then(|| Public {
                attributes: declared.iter().map(attribute).collect(),
                ..Public::default()
            });
            let span = leaves(span, own, &policy_of(&rules), cut_at(99), &Arc::default());

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
