//! Which attributes and spans a rule is about.

use std::borrow::Cow;

/// A name, or with a `*` at its end the start of names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    text: Cow<'static, str>,
    is_prefix: bool,
}

impl Pattern {
    fn new(text: impl Into<Cow<'static, str>>) -> Self {
        let mut text = text.into();
        let is_prefix = text.ends_with('*');
        if is_prefix {
            text = match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(..text.len() - 1).unwrap_or(text)),
                Cow::Owned(mut text) => {
                    text.pop();
                    Cow::Owned(text)
                }
            };
        }
        Self { text, is_prefix }
    }

    fn matches(&self, name: &str) -> bool {
        if self.is_prefix {
            name.starts_with(self.text.as_ref())
        } else {
            name == self.text
        }
    }
}

/// The attributes a rule of the [`PassbackPolicy`](super::PassbackPolicy) is
/// about: a key, and which instrumentation scope has set it.
///
/// A `*` at the end stands for any rest: `db.*` is `db.system.name` and
/// `db.query.text`, `*` is every key. A text is a key in any scope.
///
/// # Examples
///
/// ```
/// use glassbox::{AttributeMatch, PassbackPolicy};
///
/// let policy = PassbackPolicy::default()
///     .publish(AttributeMatch::key("db.*").in_scope("sqlx"))
///     .withhold("db.query.text");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeMatch {
    key: Pattern,
    scope: Option<Pattern>,
}

impl AttributeMatch {
    /// Attributes of this key.
    pub fn key(key: impl Into<Cow<'static, str>>) -> Self {
        Self {
            key: Pattern::new(key),
            scope: None,
        }
    }

    /// Only on spans of this instrumentation scope. The scope of Glassbox's own
    /// spans, phases among them, is `glassbox`.
    #[must_use]
    pub fn in_scope(mut self, scope: impl Into<Cow<'static, str>>) -> Self {
        self.scope = Some(Pattern::new(scope));
        self
    }

    pub(crate) fn matches(&self, scope: &str, key: &str) -> bool {
        self.key.matches(key)
            && self
                .scope
                .as_ref()
                .is_none_or(|pattern| pattern.matches(scope))
    }
}

impl From<&'static str> for AttributeMatch {
    fn from(key: &'static str) -> Self {
        Self::key(key)
    }
}

impl From<String> for AttributeMatch {
    fn from(key: String) -> Self {
        Self::key(key)
    }
}

impl From<Cow<'static, str>> for AttributeMatch {
    fn from(key: Cow<'static, str>) -> Self {
        Self::key(key)
    }
}

/// The spans a rule of the [`PassbackPolicy`](super::PassbackPolicy) is about:
/// a name, an instrumentation scope, or both.
///
/// A `*` at the end stands for any rest. A text is a name in any scope. The
/// name is the one the span has when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanMatch {
    name: Option<Pattern>,
    scope: Option<Pattern>,
}

impl SpanMatch {
    /// Spans of this name.
    pub fn name(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: Some(Pattern::new(name)),
            scope: None,
        }
    }

    /// All spans of this instrumentation scope.
    pub fn scope(scope: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: None,
            scope: Some(Pattern::new(scope)),
        }
    }

    /// Only spans of this instrumentation scope.
    #[must_use]
    pub fn in_scope(mut self, scope: impl Into<Cow<'static, str>>) -> Self {
        self.scope = Some(Pattern::new(scope));
        self
    }

    pub(super) fn matches(&self, scope: &str, name: &str) -> bool {
        let fits = |pattern: &Option<Pattern>, text| {
            pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
        };
        fits(&self.name, name) && fits(&self.scope, scope)
    }
}

impl From<&'static str> for SpanMatch {
    fn from(name: &'static str) -> Self {
        Self::name(name)
    }
}

impl From<String> for SpanMatch {
    fn from(name: String) -> Self {
        Self::name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_at_the_end_stands_for_any_rest() {
        for (pattern, key, expected) in [
            ("db.system", "db.system", true),
            ("db.system", "db.system.name", false),
            ("db.*", "db.system", true),
            ("db.*", "db", false),
            ("*", "anything", true),
            ("*.id", "user.id", false),
            ("", "", true),
        ] {
            let found = AttributeMatch::from(pattern).matches("any", key);
            assert_eq!(found, expected, "{pattern} {key}");
            let owned = AttributeMatch::from(pattern.to_owned());
            assert_eq!(owned, AttributeMatch::from(pattern));
        }
    }

    #[test]
    fn a_scope_narrows_a_rule() {
        let rule = AttributeMatch::key("db.*").in_scope("sqlx*");
        assert!(rule.matches("sqlx_core", "db.system"));
        assert!(!rule.matches("diesel", "db.system"));
        assert!(SpanMatch::scope("hyper").matches("hyper", "GET"));
        assert!(
            !SpanMatch::name("GET")
                .in_scope("hyper")
                .matches("glassbox", "GET")
        );
        assert!(SpanMatch::from("GET *").matches("hyper", "GET /"));
    }
}
