//! What may leave the server: public by declaration (S13, S14).

use std::borrow::Cow;
use std::collections::BTreeSet;

use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

use crate::semconv;

/// Attributes of the conventions that say how a call went and nothing about
/// what it was about: no business data, no internal name, no credential.
const HARMLESS_KEYS: [&str; 15] = [
    semconv::ERROR_TYPE,
    semconv::GEN_AI_OPERATION_NAME,
    semconv::GEN_AI_TOOL_NAME,
    semconv::HTTP_REQUEST_METHOD,
    semconv::HTTP_REQUEST_RESEND_COUNT,
    semconv::HTTP_RESPONSE_STATUS_CODE,
    semconv::JSONRPC_REQUEST_ID,
    semconv::MCP_METHOD_NAME,
    semconv::MCP_PROTOCOL_VERSION,
    semconv::MCP_RESOURCE_URI,
    semconv::NETWORK_PROTOCOL_NAME,
    semconv::NETWORK_PROTOCOL_VERSION,
    semconv::NETWORK_TRANSPORT,
    semconv::RPC_RESPONSE_STATUS_CODE,
    semconv::URL_TEMPLATE,
];

/// Which attributes of a span leave the server in an answer.
///
/// Without configuration: those the author declared on a phase, and those
/// conventions that only say how a call went (method names, status codes, URL
/// templates, protocol versions, error classes). Held back, and counted in
/// `droppedAttributesCount`: all else, such as `url.full`, `server.address`,
/// or what other instrumentation adds to the current span. Events and links
/// stay on the server, and so do status descriptions below the root.
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
    /// Lets the attribute `key` leave, on whatever span it stands.
    ///
    /// # Privacy
    ///
    /// Every caller who asks for spans sees its values.
    #[must_use]
    pub fn publish(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.published.insert(key.into());
        self
    }

    fn is_public(&self, key: &str, declared: &[&str]) -> bool {
        HARMLESS_KEYS.contains(&key) || declared.contains(&key) || self.published.contains(key)
    }

    /// Takes out of `span` what may not leave. `declared` are the keys that
    /// phases of the request declared.
    pub(super) fn apply(&self, span: &mut SpanData, declared: &[&str], is_root: bool) {
        let before = span.attributes.len();
        span.attributes
            .retain(|attribute: &KeyValue| self.is_public(attribute.key.as_str(), declared));
        span.dropped_attributes_count += count(before - span.attributes.len());

        let events = std::mem::take(&mut span.events.events);
        span.events.dropped_count += count(events.len());
        let links = std::mem::take(&mut span.links.links);
        span.links.dropped_count += count(links.len());

        if let Status::Error { description } = &mut span.status
            && !is_root
        {
            *description = Cow::Borrowed("");
        }
    }
}

fn count(held_back: usize) -> u32 {
    u32::try_from(held_back).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, Link, SpanContext};
    use std::time::SystemTime;

    use super::super::bucket::tests::span;
    use super::*;

    #[test]
    fn only_what_was_declared_or_is_harmless_leaves() {
        let mut span = span(1, 0, "work");
        for key in [
            "gmail.max_results",
            "http.request.method",
            "url.full",
            "db.query.text",
        ] {
            span.attributes.push(KeyValue::new(key, "value"));
        }
        PassbackPolicy::default().apply(&mut span, &["gmail.max_results"], false);
        let keys: Vec<_> = span
            .attributes
            .iter()
            .map(|attribute| attribute.key.as_str())
            .collect();
        assert_eq!(keys, ["gmail.max_results", "http.request.method"]);
        assert_eq!(span.dropped_attributes_count, 2);
    }

    #[test]
    fn the_author_may_publish_more() {
        let mut span = span(1, 0, "work");
        span.attributes
            .push(KeyValue::new("server.address", "gmail.googleapis.com"));
        PassbackPolicy::default()
            .publish("server.address")
            .apply(&mut span, &[], false);
        assert_eq!(span.attributes.len(), 1);
        assert_eq!(span.dropped_attributes_count, 0);
    }

    #[test]
    fn events_links_and_inner_error_texts_stay() {
        let mut inner = span(1, 0, "work");
        inner
            .events
            .events
            .push(Event::new("exception", SystemTime::now(), Vec::new(), 0));
        inner
            .links
            .links
            .push(Link::with_context(SpanContext::empty_context()));
        inner.status = Status::error("password is hunter2");
        let mut root = inner.clone();
        PassbackPolicy::default().apply(&mut inner, &[], false);
        assert_eq!(inner.status, Status::error(""));
        assert_eq!(
            (inner.events.events.len(), inner.events.dropped_count),
            (0, 1)
        );
        assert_eq!((inner.links.links.len(), inner.links.dropped_count), (0, 1));
        root.status = Status::error("unknown tool");
        PassbackPolicy::default().apply(&mut root, &[], true);
        assert_eq!(root.status, Status::error("unknown tool"));
    }
}
