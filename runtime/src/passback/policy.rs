//! What may leave the server: public by declaration (S13, S14).

use std::borrow::Cow;
use std::collections::BTreeSet;

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

use super::observed::{PublicSpan, bounded};

/// Which attributes of a span leave the server in an answer.
///
/// Without configuration: what Glassbox itself recorded and counts as public.
/// That is the fields an author declared on a phase, and those attributes of
/// the conventions that say how a call went and nothing about what it was
/// about (method names, status codes, URL templates, protocol versions, error
/// classes). Held back, and counted in `droppedAttributesCount`: all else, such
/// as `url.full`, `server.address`, `mcp.resource.uri`, or what other code adds
/// to the current span, whatever its key. Events, links and status messages
/// stay on the server.
///
/// # Examples
///
/// ```
/// use glassbox::PassbackPolicy;
///
/// let policy = PassbackPolicy::default().publish("server.address");
/// ```
#[derive(Clone, Debug, Default)]
pub struct PassbackPolicy {
    published: BTreeSet<Cow<'static, str>>,
}

impl PassbackPolicy {
    /// Lets the attribute `key` leave, on whatever span it stands and whoever
    /// has set it.
    ///
    /// # Privacy
    ///
    /// Every caller who asks for spans sees its values.
    #[must_use]
    pub fn publish(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.published.insert(key.into());
        self
    }

    /// The span as it may leave. `public` is what Glassbox recorded of it, if
    /// Glassbox made it; strings are cut to `max_value_length_bytes`.
    pub(super) fn apply(
        &self,
        mut span: SpanData,
        public: Option<PublicSpan>,
        max_value_length_bytes: usize,
    ) -> SpanData {
        let recorded = std::mem::take(&mut span.attributes);
        let recorded_count = recorded.len();
        let mut attributes = Vec::new();
        let mut failed = matches!(span.status, Status::Error { .. });
        if let Some(public) = public {
            span.name = public.name;
            attributes = public.attributes;
            failed = public.failed;
        }
        for attribute in recorded {
            let known = attributes.iter().any(|known| known.key == attribute.key);
            if !known && self.published.contains(attribute.key.as_str()) {
                attributes.push(bounded(attribute, max_value_length_bytes));
            }
        }
        span.dropped_attributes_count += count(recorded_count.saturating_sub(attributes.len()));
        span.attributes = attributes;

        let events = std::mem::take(&mut span.events.events);
        span.events.dropped_count += count(events.len());
        let links = std::mem::take(&mut span.links.links);
        span.links.dropped_count += count(links.len());
        span.status = if failed {
            Status::error("")
        } else {
            Status::Unset
        };
        span
    }
}

fn count(held_back: usize) -> u32 {
    u32::try_from(held_back).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Event, Link, SpanContext};

    use super::super::bucket::tests::span;
    use super::*;

    fn public(attributes: Vec<KeyValue>) -> Option<PublicSpan> {
        Some(PublicSpan {
            name: "work".into(),
            attributes,
            failed: false,
        })
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
        let span = PassbackPolicy::default().apply(span, declared, 99);
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
        let span = policy.apply(span, public(Vec::new()), 5);
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
            failed: true,
            ..PublicSpan::default()
        };
        let span = PassbackPolicy::default().apply(span, Some(failed), 99);
        assert_eq!(span.status, Status::error(""));
        assert_eq!(
            (span.events.events.len(), span.events.dropped_count),
            (0, 1)
        );
        assert_eq!((span.links.links.len(), span.links.dropped_count), (0, 1));
    }

    #[test]
    fn of_a_span_that_glassbox_did_not_make_only_the_frame_leaves() {
        let mut span = span(1, 0, "theirs");
        span.attributes
            .push(KeyValue::new("http.request.method", "GET"));
        let span = PassbackPolicy::default().apply(span, None, 99);
        assert_eq!((span.name.as_ref(), span.attributes.len()), ("theirs", 0));
    }
}
