//! What the rules make of one attribute.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use opentelemetry::{Context, KeyValue, Value};

use super::PassbackPolicy;
use super::hash::hashed;
use super::matching::AttributeMatch;
use crate::passback::counts::Counters;

type Redaction = Arc<dyn Fn(&Value) -> Option<Value> + Send + Sync>;

#[derive(Clone)]
pub(super) enum Action {
    Publish,
    Withhold,
    Hash,
    Redact(Redaction),
}

impl fmt::Debug for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Publish => "Publish",
            Self::Withhold => "Withhold",
            Self::Hash => "Hash",
            Self::Redact(_) => "Redact",
        })
    }
}

#[derive(Clone, Debug)]
pub(super) struct AttributeRule {
    pub(super) attributes: AttributeMatch,
    pub(super) action: Action,
}

impl PassbackPolicy {
    /// The attribute as it may leave, or nothing.
    pub(super) fn admit(
        &self,
        scope: &str,
        mut attribute: KeyValue,
        is_declared: bool,
        counters: &Counters,
    ) -> Option<KeyValue> {
        let mut is_public = is_declared;
        let mut is_hashed = false;
        let mut redactions = Vec::new();
        for rule in &self.attributes {
            if !rule.attributes.matches(scope, attribute.key.as_str()) {
                continue;
            }
            is_public = true;
            match &rule.action {
                Action::Withhold => return None,
                Action::Publish => {}
                Action::Hash => is_hashed = true,
                Action::Redact(redaction) => redactions.push(redaction),
            }
        }
        if !is_public {
            return None;
        }
        for redaction in redactions {
            attribute.value = redact(redaction, &attribute.value, counters)?;
        }
        if is_hashed {
            attribute.value = hashed(&attribute.key, &attribute.value)?;
        }
        Some(attribute)
    }
}

/// Runs the author's function where it can do no harm: a panic is caught, and
/// no span it makes joins the request, or it could be called for its own.
fn redact(redaction: &Redaction, value: &Value, counters: &Counters) -> Option<Value> {
    let _outside = Context::new().attach();
    catch_unwind(AssertUnwindSafe(|| redaction(value))).unwrap_or_else(|_panic| {
        counters.failed_redactions.add(1);
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(policy: &PassbackPolicy, is_declared: bool) -> Option<String> {
        let attribute = KeyValue::new("db.user", "alice");
        let admitted = policy.admit("sqlx", attribute, is_declared, &Counters::default());
        admitted.map(|attribute| attribute.value.as_str().into_owned())
    }

    #[test]
    fn every_rule_that_matches_applies_and_none_undoes_another() {
        let leaves = Some("alice".to_owned());
        let default = PassbackPolicy::default();
        assert_eq!(admit(&default, true), leaves);
        assert_eq!(admit(&default, false), None);
        assert_eq!(admit(&default.clone().publish("db.*"), false), leaves);
        for policy in [
            default.clone().withhold("db.user").publish("*"),
            default.clone().publish("*").withhold("db.*"),
            default.clone().hash("*").withhold("db.*"),
        ] {
            assert_eq!(admit(&policy, true), None, "{policy:?}");
            assert_eq!(admit(&policy, false), None, "{policy:?}");
        }
        for policy in [
            default.clone().publish("*").hash("db.user"),
            default.clone().hash("db.user").publish("*"),
        ] {
            assert!(admit(&policy, false).unwrap().starts_with("hash:"));
        }
        let elsewhere = AttributeMatch::key("*").in_scope("diesel");
        assert_eq!(admit(&default.publish(elsewhere), false), None);
    }

    #[test]
    fn redactions_run_one_after_another_before_the_hash() {
        let shorten = |value: &Value| Some(Value::from(value.as_str()[1..].to_owned()));
        let policy = PassbackPolicy::default()
            .redact("db.user", shorten)
            .redact("db.*", shorten);
        assert_eq!(admit(&policy, false).as_deref(), Some("ice"));
        let hash = admit(&policy.clone().hash("*"), false).unwrap();
        let expected = hashed(&"db.user".into(), &"ice".into()).unwrap();
        assert_eq!(hash, expected.as_str());
        let policy = policy.redact("*", |_| None);
        assert_eq!(admit(&policy, true), None);
    }

    #[test]
    fn a_redaction_that_panics_costs_the_attribute_and_is_counted() {
        let policy = PassbackPolicy::default().redact("*", |_| panic!("redaction"));
        let counters = Counters::default();
        let attribute = KeyValue::new("key", "value");
        assert_eq!(policy.admit("", attribute, true, &counters), None);
        assert_eq!(counters.snapshot().failed_redactions, 1);
    }
}
