//! Arguments against the schema that was published: every violation at once, each where it is.
//!
//! ```text
//! Rules       a schema, compiled when the server is built     rules.rs, compile.rs
//! Checker     one value against the rules                     check.rs, nested.rs, union.rs
//! Violations  what was wrong, in bounded space                violation.rs, words.rs
//! prune       null for what may be left out                   prune.rs
//! Format      `format`, as far as it is checked               format.rs
//! ```
//!
//! The `jsonschema` crate judges the same in tests. It does not serve here: it holds every violation of a call in
//! memory before the first can be read, and a server is sent what others like.

mod check;
mod compile;
mod format;
mod nested;
mod prune;
mod rules;
#[cfg(test)]
mod tests;
mod union;
mod violation;
mod words;

pub(crate) use prune::{has_null, prune};
pub(crate) use rules::{RuleId, Rules};
pub(crate) use violation::{Violation, Violations, shortened, shown};

use check::Checker;
use serde_json::Value;

/// Checks a value against one rule.
pub(crate) fn check<'a>(rules: &'a Rules, rule: RuleId, value: &'a Value) -> Violations<'a> {
    let mut checker = Checker::new(rules);
    checker.check(rule, value);
    checker.finish()
}
