//! One value against the rules.

use serde_json::Value;

use super::rules::{Rule, RuleId, Rules};
use super::violation::{Step, Violations};
use super::words::{counted, must_be, one_of};
use crate::tool::bound::Bound;

/// Deepest nesting that is followed; as deep as `serde_json` reads.
const MAX_DEPTH: usize = 128;
/// Most values that are looked at to find the form of a union. Unions inside unions multiply.
const MAX_TRIES: usize = 500_000;
/// Follows a value and its rules.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    pub(super) rules: &'a Rules,
    path: Vec<Step<'a>>,
    violations: Violations<'a>,
    /// Only whether, not what: stops at the first.
    quiet: bool,
    failed: bool,
    pub(super) tries: usize,
}

impl<'a> Checker<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            path: Vec::new(),
            violations: Violations::default(),
            quiet: false,
            failed: false,
            tries: MAX_TRIES,
        }
    }

    pub(super) fn finish(self) -> Violations<'a> {
        self.violations
    }

    /// Whether the value is right, without a word.
    pub(super) fn fits(&mut self, id: RuleId, value: &'a Value) -> bool {
        let (quiet, failed) = (self.quiet, self.failed);
        (self.quiet, self.failed) = (true, false);
        self.check(id, value);
        let fits = !self.failed;
        (self.quiet, self.failed) = (quiet, failed);
        fits
    }

    pub(super) fn wrong(&mut self, value: &Value, text: impl FnOnce() -> String) {
        self.failed = true;
        if !self.quiet {
            self.violations.push(&self.path, text, Some(value));
        }
    }

    /// Something that is not there, or should not be.
    pub(super) fn wrong_name(
        &mut self,
        name: &'a str,
        is_known: bool,
        text: impl FnOnce() -> String,
    ) {
        self.failed = true;
        if self.quiet {
            return;
        }
        self.path.push(Step::Name(name));
        self.violations.push(&self.path, text, None);
        self.path.pop();
        if self.path.is_empty() && !is_known {
            self.violations.names.remove(name);
        }
    }

    /// Whether nothing more is to be found.
    pub(super) fn is_done(&self) -> bool {
        self.quiet && self.failed
    }

    pub(super) fn check(&mut self, id: RuleId, value: &'a Value) {
        let Some(rule) = self.rules.get(id) else {
            return;
        };
        if self.quiet {
            self.tries = self.tries.saturating_sub(1);
            self.failed |= self.tries == 0;
        }
        if self.is_done() {
            return;
        }
        if rule.never {
            return self.wrong(value, || "is not accepted".to_owned());
        }
        if let Some(types) = &rule.types
            && !types.iter().any(|kind| kind.accepts(value))
        {
            return self.wrong(value, || must_be(types.iter().map(|kind| kind.described())));
        }
        if let Some(options) = &rule.options
            && !options.contains(value)
        {
            return self.wrong(value, || one_of(options));
        }
        match value {
            Value::Number(_) => self.check_number(rule, value),
            Value::String(text) => self.check_text(rule, value, text),
            Value::Array(items) => self.check_items(rule, value, items),
            Value::Object(object) => self.check_object(rule, value, object),
            Value::Null | Value::Bool(_) => {}
        }
        for id in rule.all_of.iter().chain(&rule.reference) {
            self.check(*id, value);
        }
        if !rule.any_of.is_empty() {
            self.check_union(&rule.any_of, false, value);
        }
        if !rule.one_of.is_empty() {
            self.check_union(&rule.one_of, true, value);
        }
        if let Some(not) = rule.not
            && self.fits(not, value)
        {
            self.wrong(value, || "is not accepted".to_owned());
        }
    }

    fn check_number(&mut self, rule: &Rule, value: &'a Value) {
        let Some(number) = Bound::of(value) else {
            return;
        };
        if let Some(minimum) = rule.minimum.filter(|minimum| number.below(*minimum)) {
            self.wrong(value, || format!("must be at least {minimum}"));
        }
        if let Some(maximum) = rule.maximum.filter(|maximum| maximum.below(number)) {
            self.wrong(value, || format!("must be at most {maximum}"));
        }
        if let Some(bound) = rule.above.filter(|bound| !bound.below(number)) {
            self.wrong(value, || format!("must be above {bound}"));
        }
        if let Some(bound) = rule.below.filter(|bound| !number.below(*bound)) {
            self.wrong(value, || format!("must be below {bound}"));
        }
        if let (Some(step), Some(number)) = (rule.multiple_of, value.as_f64())
            && (number / step).fract() != 0.0
        {
            self.wrong(value, || format!("must be a multiple of {step}"));
        }
    }

    fn check_text(&mut self, rule: &Rule, value: &'a Value, text: &'a str) {
        if rule.min_length.is_some() || rule.max_length.is_some() {
            let length = text.chars().count() as u64;
            if let Some(least) = rule.min_length.filter(|least| length < *least) {
                self.wrong(value, || {
                    format!("must have at least {}", counted(least, "character"))
                });
            }
            if let Some(most) = rule.max_length.filter(|most| length > *most) {
                self.wrong(value, || {
                    format!(
                        "must have at most {}, and has {length}",
                        counted(most, "character")
                    )
                });
            }
        }
        if let Some(pattern) = &rule.pattern
            && !pattern.regex.is_match(text)
        {
            self.wrong(value, || {
                format!("must match the pattern `{}`", pattern.written)
            });
        }
        if let Some(format) = rule.format.filter(|format| !format.accepts(text)) {
            self.wrong(value, || format!("must be {}", format.described()));
        }
    }

    pub(super) fn inside(&mut self, step: Step<'a>, id: RuleId, value: &'a Value) {
        self.path.push(step);
        if self.path.len() > MAX_DEPTH {
            self.wrong(value, || {
                format!("is nested deeper than {MAX_DEPTH} levels")
            });
        } else {
            self.check(id, value);
        }
        self.path.pop();
    }

    /// Looks at the value under a name of the current one, as at the current one.
    pub(super) fn wrong_at(
        &mut self,
        name: &'a str,
        value: &'a Value,
        text: impl FnOnce() -> String,
    ) {
        self.path.push(Step::Name(name));
        self.wrong(value, text);
        self.path.pop();
    }
}
