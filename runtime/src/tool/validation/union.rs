//! Values of which several forms are accepted: finding the one that was meant.

use serde_json::Value;

use super::check::Checker;
use super::rules::{Rule, RuleId, Rules, Type};
use super::violation::shown;
use super::words::{must_be, one_of};

impl<'a> Checker<'a> {
    pub(super) fn check_union(&mut self, forms: &'a [RuleId], exclusive: bool, value: &'a Value) {
        let rules = self.rules;
        let mut fitting = 0;
        for id in forms {
            if plausible(rules, *id, value) && self.fits(*id, value) {
                fitting += 1;
            }
            if fitting > usize::from(exclusive) {
                break;
            }
        }
        match fitting {
            1 => {}
            0 if self.tries == 0 => self.wrong(value, || {
                "can be read in too many ways to be checked; make it smaller".to_owned()
            }),
            0 => self.explain(forms, value),
            _ if exclusive => self.wrong(value, || {
                "fits more than one of the forms, of which one is meant".to_owned()
            }),
            _ => {}
        }
    }

    /// Says what is wrong with the form that was most likely meant.
    fn explain(&mut self, forms: &'a [RuleId], value: &'a Value) {
        let rules = self.rules;
        let of_type: Vec<RuleId> = forms
            .iter()
            .copied()
            .filter(|id| {
                rules
                    .resolved(*id)
                    .is_some_and(|rule| has_type(rule, value))
            })
            .collect();
        let tagged = of_type.iter().copied();
        let tagged: Vec<RuleId> = tagged.filter(|id| plausible(rules, *id, value)).collect();
        let likely = if tagged.is_empty() { &of_type } else { &tagged };
        if let [only] = likely.as_slice() {
            return self.check(*only, value);
        }
        let complete: Vec<RuleId> = likely
            .iter()
            .copied()
            .filter(|id| {
                rules
                    .resolved(*id)
                    .is_some_and(|rule| has_required(rule, value))
            })
            .collect();
        if let [only] = complete.as_slice() {
            return self.check(*only, value);
        }
        if tagged.is_empty()
            && let Some((tag, given, names)) = tag(rules, &of_type, value)
        {
            return match given {
                Some(given) => self.wrong_at(tag, given, || one_of(&names)),
                None => {
                    self.wrong_name(tag, true, || format!("is required, and {}", one_of(&names)))
                }
            };
        }
        let forms = forms.iter().filter_map(|id| rules.resolved(*id));
        let mut words: Vec<String> = forms.map(described).collect();
        words.dedup();
        words.truncate(10);
        self.wrong(value, || must_be(words.iter().map(String::as_str)));
    }
}

/// Whether type and tags are right.
pub(super) fn plausible(rules: &Rules, id: RuleId, value: &Value) -> bool {
    let Some(rule) = rules.resolved(id) else {
        return true;
    };
    // Tags say nothing of a value that is no object: `properties` and `required` do not.
    has_type(rule, value)
        && (!value.is_object()
            || tags(rules, rule).all(|(name, options)| {
                value.get(name).is_some_and(|value| options.contains(value))
            }))
}

fn has_type(rule: &Rule, value: &Value) -> bool {
    rule.types
        .as_ref()
        .is_none_or(|types| types.iter().any(|kind| kind.accepts(value)))
}

fn has_required(rule: &Rule, value: &Value) -> bool {
    let Value::Object(object) = value else {
        return true;
    };
    rule.required.iter().all(|name| object.contains_key(name))
}

/// The required properties that have one value only.
fn tags<'r>(rules: &'r Rules, rule: &'r Rule) -> impl Iterator<Item = (&'r str, &'r [Value])> {
    rule.properties.iter().filter_map(|(name, id)| {
        let options = rules.get(*id)?.options.as_deref()?;
        (options.len() == 1 && rule.required.contains(name)).then_some((name.as_str(), options))
    })
}

/// The property that tells all these forms apart, what was given for it, and what it can be.
fn tag<'a>(
    rules: &'a Rules,
    forms: &[RuleId],
    value: &'a Value,
) -> Option<(&'a str, Option<&'a Value>, Vec<Value>)> {
    let first = rules.resolved(*forms.first()?)?;
    let (name, _) = tags(rules, first).next()?;
    let mut names = Vec::new();
    for id in forms {
        let rule = rules.resolved(*id)?;
        let (_, options) = tags(rules, rule).find(|(other, _)| *other == name)?;
        names.extend(options.iter().cloned());
    }
    Some((name, value.get(name), names))
}

/// A form in a few words.
pub(super) fn described(rule: &Rule) -> String {
    if let Some(options) = &rule.options {
        let options: Vec<String> = options.iter().take(20).map(shown).collect();
        return options.join(" or ");
    }
    let types = rule.types.as_deref().unwrap_or_default();
    match types {
        [Type::Object] if !rule.required.is_empty() => {
            let names: Vec<String> = rule
                .required
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            format!("an object with {}", names.join(", "))
        }
        [] => "of another form".to_owned(),
        types => {
            let words: Vec<&str> = types.iter().map(|kind| kind.described()).collect();
            words.join(" or ")
        }
    }
}
