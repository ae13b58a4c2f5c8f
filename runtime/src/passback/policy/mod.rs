//! What may leave the server: public by declaration (S13, S14).
//!
//! ```text
//! AttributeMatch, SpanMatch   what a rule is about                 matching.rs
//! rules                       withhold, publish, redact, hash      rules.rs, hash.rs
//! apply                       a span as it may leave               apply.rs
//! origin                      and who recorded it                  origin.rs
//! ```

mod apply;
mod hash;
mod matching;
mod origin;
mod rules;

use std::fmt;
use std::sync::Arc;

use opentelemetry::Value;

pub(super) use apply::Others;
pub use matching::{AttributeMatch, SpanMatch};
pub(super) use origin::recorded_by;
use rules::{Action, AttributeRule};

/// What of a request's spans leaves the server in an answer.
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
/// # Rules
///
/// Every rule that matches applies, whatever their order: a rule more can
/// never undo one that holds something back.
///
/// | rule | an attribute that was declared | any other |
/// |---|---|---|
/// | none | leaves | stays |
/// | [`publish`](Self::publish) | leaves | leaves |
/// | [`redact`](Self::redact) | leaves as the function returns it | the same |
/// | [`hash`](Self::hash) | leaves as a hash, after redaction | the same |
/// | [`withhold`](Self::withhold) | stays | stays |
///
/// # Examples
///
/// ```
/// use glassbox::{AttributeMatch, PassbackPolicy, SpanMatch};
///
/// let policy = PassbackPolicy::default()
///     .publish("server.address")
///     .publish(AttributeMatch::key("db.*").in_scope("sqlx"))
///     .withhold("db.query.text")
///     .hash("customer.id")
///     .redact("url.full", |url| {
///         let path = url.as_str().split('?').next()?.to_owned();
///         Some(path.into())
///     })
///     .merge_spans(SpanMatch::scope("connection-pool"))
///     .hide_spans("fraud.*");
/// ```
#[derive(Clone, Default)]
pub struct PassbackPolicy {
    attributes: Vec<AttributeRule>,
    merged: Vec<SpanMatch>,
    hidden: Vec<SpanMatch>,
    with_error_texts: bool,
}

/// What becomes of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It may leave.
    #[default]
    Publish,
    /// It stays; its children hang under its parent.
    Merge,
    /// It stays, and all that is below it.
    Hide,
}

impl PassbackPolicy {
    /// Lets attributes leave, on whatever span they stand and whoever has set
    /// them.
    ///
    /// # Privacy
    ///
    /// Every caller who asks for spans sees their values. A `*` also publishes
    /// keys that an instrumentation adds in a later version, such as
    /// `http.request.header.authorization`.
    #[must_use]
    pub fn publish(self, attributes: impl Into<AttributeMatch>) -> Self {
        self.with_rule(attributes, Action::Publish)
    }

    /// Keeps attributes on the server, also those declared on a phase.
    #[must_use]
    pub fn withhold(self, attributes: impl Into<AttributeMatch>) -> Self {
        self.with_rule(attributes, Action::Withhold)
    }

    /// Lets attributes leave as `hash:` and 32 hex digits: equal values of one
    /// key can be told to be equal, and that is all.
    ///
    /// The hash is HMAC-SHA-256, cut to 128 bits, with a random key that this
    /// process makes and never shows: nobody can try values out elsewhere, and
    /// after a restart, or on another instance, the same value has another
    /// hash.
    ///
    /// # Privacy
    ///
    /// Who can make the server hash values of their own choice, by calling a
    /// tool with them, can still compare. [`withhold`](Self::withhold) such
    /// attributes.
    #[must_use]
    pub fn hash(self, attributes: impl Into<AttributeMatch>) -> Self {
        self.with_rule(attributes, Action::Hash)
    }

    /// Lets attributes leave as `redaction` returns them; `None` keeps one on
    /// the server. Several redactions of one attribute run in the order they
    /// were given.
    ///
    /// The function runs when the span ends, on the thread that ends it, so it
    /// should be quick. Spans it makes are not part of the request. If it
    /// panics, the attribute stays, the panic is counted
    /// ([`PassbackCounts::failed_redactions`](crate::PassbackCounts::failed_redactions)),
    /// and the call goes on; the panic's own message goes where panics go in
    /// this process.
    #[must_use]
    pub fn redact(
        self,
        attributes: impl Into<AttributeMatch>,
        redaction: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        self.with_rule(attributes, Action::Redact(Arc::new(redaction)))
    }

    fn with_rule(mut self, attributes: impl Into<AttributeMatch>, action: Action) -> Self {
        self.attributes.push(AttributeRule {
            attributes: attributes.into(),
            action,
        });
        self
    }

    /// Leaves spans out of the answer; their children hang under their parents.
    /// They are counted in `droppedSpanCount`. The root is never merged.
    #[must_use]
    pub fn merge_spans(mut self, spans: impl Into<SpanMatch>) -> Self {
        self.merged.push(spans.into());
        self
    }

    /// Leaves spans and everything below them out of the answer. They are
    /// counted in `droppedSpanCount`. The root is never hidden; a span that is
    /// also to be merged is hidden.
    #[must_use]
    pub fn hide_spans(mut self, spans: impl Into<SpanMatch>) -> Self {
        self.hidden.push(spans.into());
        self
    }

    /// Whether the status messages of failed spans leave, cut to
    /// [`max_value_length_bytes`](crate::PassbackLimits::max_value_length_bytes).
    /// Default: `false`; `error.type` says what class of failure it was.
    ///
    /// # Privacy
    ///
    /// Such texts are written for logs, and often quote what failed: queries,
    /// paths, addresses, input. Whoever sets the status of the current span
    /// writes them, other libraries among them.
    #[must_use]
    pub const fn with_error_texts(mut self, with_error_texts: bool) -> Self {
        self.with_error_texts = with_error_texts;
        self
    }

    /// Whether the texts of errors leave.
    pub(in crate::passback) const fn shows_error_texts(&self) -> bool {
        self.with_error_texts
    }

    /// Whether a rule is about this attribute.
    #[cfg(feature = "testing")]
    pub(super) fn has_rule_for(&self, scope: &str, key: &str) -> bool {
        self.attributes
            .iter()
            .any(|rule| rule.attributes.matches(scope, key))
    }

    /// Whether attributes that nobody declared can leave, or others stay.
    pub(super) fn has_attribute_rules(&self) -> bool {
        !self.attributes.is_empty()
    }

    /// Whether the name of a span can change what becomes of it.
    pub(super) fn has_span_rules(&self) -> bool {
        !(self.merged.is_empty() && self.hidden.is_empty())
    }

    /// What becomes of a span that is not the root.
    pub(super) fn fate(&self, scope: &str, name: &str) -> Fate {
        let is_in = |spans: &[SpanMatch]| spans.iter().any(|span| span.matches(scope, name));
        if is_in(&self.hidden) {
            Fate::Hide
        } else if is_in(&self.merged) {
            Fate::Merge
        } else {
            Fate::Publish
        }
    }
}

impl fmt::Debug for PassbackPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PassbackPolicy")
            .field("attributes", &self.attributes)
            .field("merged", &self.merged)
            .field("hidden", &self.hidden)
            .field("with_error_texts", &self.with_error_texts)
            .finish()
    }
}
