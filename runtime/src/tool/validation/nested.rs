//! What is inside of a value against the rules: items of a list, entries of an object.

use std::collections::HashSet;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::check::Checker;
use super::rules::Rule;
use super::union::described;
use super::violation::{Step, shown};
use super::words::{counted, unknown};

impl<'a> Checker<'a> {
    pub(super) fn check_items(&mut self, rule: &Rule, value: &'a Value, items: &'a [Value]) {
        let count = items.len() as u64;
        if let Some(least) = rule.min_items.filter(|least| count < *least) {
            self.wrong(value, || {
                format!("must have at least {}", counted(least, "item"))
            });
        }
        if let Some(most) = rule.max_items.filter(|most| count > *most) {
            self.wrong(value, || {
                format!(
                    "must have at most {}, and has {count}",
                    counted(most, "item")
                )
            });
        }
        if rule.unique_items {
            let mut seen = HashSet::with_capacity(items.len());
            if let Some(again) = items.iter().find(|item| !seen.insert(*item)) {
                self.wrong(value, || {
                    format!("must have no item twice, and has {} twice", shown(again))
                });
            }
        }
        if rule.items.is_none() && rule.first_items.is_empty() {
            return;
        }
        for (index, item) in items.iter().enumerate() {
            if let Some(id) = rule.first_items.get(index).copied().or(rule.items) {
                self.inside(Step::Index(index), id, item);
            }
            if self.is_done() {
                return;
            }
        }
    }

    pub(super) fn check_object(
        &mut self,
        rule: &'a Rule,
        value: &'a Value,
        object: &'a JsonObject,
    ) {
        let count = object.len() as u64;
        if let Some(least) = rule.min_properties.filter(|least| count < *least) {
            self.wrong(value, || {
                format!("must have at least {}", counted(least, "entry"))
            });
        }
        if let Some(most) = rule.max_properties.filter(|most| count > *most) {
            self.wrong(value, || {
                format!(
                    "must have at most {}, and has {count}",
                    counted(most, "entry")
                )
            });
        }
        for name in rule
            .required
            .iter()
            .filter(|name| !object.contains_key(*name))
        {
            let is_known = rule.properties.contains_key(name);
            self.wrong_name(name, is_known, || "is required".to_owned());
        }
        for (name, value) in object {
            if self.is_done() {
                return;
            }
            self.check_entry(rule, name, value);
        }
    }

    fn check_entry(&mut self, rule: &'a Rule, name: &'a str, value: &'a Value) {
        if let Some(names) = rule.property_names {
            // A name is no value of its own that could be borrowed as long.
            let named = Value::from(name);
            let mut checker = Checker::new(self.rules);
            if !checker.fits(names, &named) {
                let expected = self.rules.resolved(names).map(described);
                self.wrong_name(name, false, || match expected {
                    Some(expected) => {
                        format!("is not accepted as a name, which must be {expected}")
                    }
                    None => "is not accepted as a name".to_owned(),
                });
            }
        }
        let mut is_known = false;
        if let Some(id) = rule.properties.get(name) {
            is_known = true;
            self.inside(Step::Name(name), *id, value);
        }
        for (pattern, id) in &rule.pattern_properties {
            if pattern.regex.is_match(name) {
                is_known = true;
                self.inside(Step::Name(name), *id, value);
            }
        }
        let Some(additional) = rule.additional.filter(|_| !is_known) else {
            return;
        };
        if self.rules.get(additional).is_some_and(|rule| rule.never) {
            let accepted = &rule.properties;
            self.wrong_name(name, false, || unknown(accepted.keys().map(String::as_str)));
        } else {
            self.inside(Step::Name(name), additional, value);
        }
    }
}
