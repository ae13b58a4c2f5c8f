//! What violations have in common, in words.

use serde_json::Value;

use super::violation::{shortened, shown};

/// Most names that a message lists.
const MAX_NAMES: usize = 20;

pub(super) fn must_be<'t>(alternatives: impl IntoIterator<Item = &'t str>) -> String {
    let alternatives: Vec<&str> = alternatives.into_iter().collect();
    format!("must be {}", alternatives.join(" or "))
}

/// `must be "a"`, `must be one of "a", "b"`.
pub(super) fn one_of(options: &[Value]) -> String {
    let mut shown: Vec<String> = options.iter().take(MAX_NAMES).map(shown).collect();
    if let [only] = shown.as_slice() {
        return format!("must be {only}");
    }
    if options.len() > shown.len() {
        shown.push(format!("or {} more", options.len() - shown.len()));
    }
    format!("must be one of {}", shown.join(", "))
}

pub(super) fn unknown<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let count = names.len();
    let mut accepted: Vec<String> = names
        .take(MAX_NAMES)
        .map(|name| shortened(name, 80))
        .collect();
    if accepted.is_empty() {
        return "is unknown; none is accepted".to_owned();
    }
    if count > accepted.len() {
        accepted.push(format!("and {} more", count - accepted.len()));
    }
    format!("is unknown; accepted are: {}", accepted.join(", "))
}

pub(super) fn counted(count: u64, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {what}s"),
    }
}
