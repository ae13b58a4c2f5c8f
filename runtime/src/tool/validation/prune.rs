//! Null for what may be left out means that it was left out: models write it so.

use serde_json::Value;

use super::check::Checker;
use super::rules::{RuleId, Rules};
use super::union::plausible;

/// Most unions that are entered. Unions inside unions multiply.
const MAX_UNIONS: usize = 10_000;

/// Whether there is a null inside.
pub(crate) fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(object) => object.values().any(has_null),
        _ => false,
    }
}

/// Takes out every null that stands where something may be left out, and may not be null.
pub(crate) fn prune(rules: &Rules, id: RuleId, value: &mut Value) {
    Pruner {
        rules,
        unions: MAX_UNIONS,
    }
    .prune(id, value);
}

struct Pruner<'a> {
    rules: &'a Rules,
    unions: usize,
}

impl Pruner<'_> {
    fn prune(&mut self, id: RuleId, value: &mut Value) {
        let Some(rule) = self.rules.get(id) else {
            return;
        };
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    if let Some(id) = rule.first_items.get(index).copied().or(rule.items) {
                        self.prune(id, item);
                    }
                }
            }
            Value::Object(object) => {
                object.retain(|name, value| {
                    let Some(id) = rule.properties.get(name) else {
                        return true;
                    };
                    !value.is_null()
                        || rule.required.contains(name)
                        || Checker::new(self.rules).fits(*id, &Value::Null)
                });
                for (name, value) in object.iter_mut() {
                    if let Some(id) = rule.properties.get(name).copied().or(rule.additional) {
                        self.prune(id, value);
                    }
                }
            }
            _ => return,
        }
        for id in rule.all_of.iter().chain(&rule.reference) {
            self.prune(*id, value);
        }
        for forms in [&rule.any_of, &rule.one_of] {
            self.prune_union(forms, value);
        }
    }

    fn prune_union(&mut self, forms: &[RuleId], value: &mut Value) {
        let rules = self.rules;
        let likely: Vec<RuleId> = forms
            .iter()
            .copied()
            .filter(|id| plausible(rules, *id, value))
            .collect();
        if self.unions == 0 || !has_null(value) {
            return;
        }
        self.unions -= 1;
        if let [only] = likely.as_slice() {
            return self.prune(*only, value);
        }
        for id in likely {
            let mut pruned = value.clone();
            self.prune(id, &mut pruned);
            if Checker::new(rules).fits(id, &pruned) {
                *value = pruned;
                return;
            }
        }
    }
}
