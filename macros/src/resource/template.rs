//! A URI, or a template of URIs: RFC 6570, as far as a URI can be read back.

use syn::LitStr;

use crate::diagnostics::Diagnostics;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    /// `{name}`
    Segment(String),
    /// `{+name}`
    Rest(String),
}

impl Part {
    pub(crate) fn variable(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Segment(name) | Self::Rest(name) => Some(name),
        }
    }
}

/// The parts of a URI; whatever is wrong with it is reported at the literal.
pub(crate) fn parse(uri: &LitStr, diagnostics: &mut Diagnostics) -> Option<Vec<Part>> {
    let text = uri.value();
    let mut mistakes = Vec::new();
    let parts = parts(&text, &mut mistakes);
    if mistakes.is_empty() {
        check(&parts, &mut mistakes);
    }
    let is_right = mistakes.is_empty();
    for mistake in mistakes {
        diagnostics.on(uri, mistake);
    }
    is_right.then_some(parts)
}

fn parts(text: &str, mistakes: &mut Vec<String>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (literal, expression) = rest.split_at(open);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        let Some(inside) = expression.strip_prefix('{') else {
            mistakes.push("a `}` has no `{` before it; write `{name}`".to_owned());
            return parts;
        };
        let Some((name, after)) = inside.split_once('}') else {
            mistakes.push("a `{` is not closed; write `{name}`".to_owned());
            return parts;
        };
        match variable(name) {
            Ok(part) => parts.push(part),
            Err(mistake) => mistakes.push(mistake),
        }
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    parts
}

fn variable(expression: &str) -> Result<Part, String> {
    const ACCEPTED: &str =
        "accepted are `{name}`, for one segment of the path, and `{+name}`, for all the rest";
    let (name, is_rest) = match expression.strip_prefix('+') {
        Some(name) => (name, true),
        None => (expression, false),
    };
    if name.is_empty() {
        return Err(format!("`{{{expression}}}` names no variable; {ACCEPTED}"));
    }
    if !is_name(name) {
        return Err(format!(
            "`{{{expression}}}` cannot be read back from a URI, or is no name of a parameter; {ACCEPTED}"
        ));
    }
    Ok(match is_rest {
        true => Part::Rest(name.to_owned()),
        false => Part::Segment(name.to_owned()),
    })
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn check(parts: &[Part], mistakes: &mut Vec<String>) {
    if !has_scheme(parts) {
        mistakes.push("a URI begins with a scheme: write one, as in `notes://{id}`".to_owned());
    }
    let literals = parts.iter().filter_map(|part| match part {
        Part::Literal(literal) => Some(literal.as_str()),
        Part::Segment(_) | Part::Rest(_) => None,
    });
    if let Some(wrong) = literals.flat_map(str::chars).find(|c| !is_allowed(*c)) {
        mistakes.push(format!(
            "a URI cannot contain {wrong:?}; write it percent-encoded"
        ));
    }
    for (index, part) in parts.iter().enumerate() {
        let Some(name) = part.variable() else {
            continue;
        };
        let mut before = parts.iter().take(index);
        if before.any(|other| other.variable() == Some(name)) {
            mistakes.push(format!(
                "`{{{name}}}` stands in the template twice; a variable has one value, so keep one of them"
            ));
        }
        match (part, parts.get(index + 1)) {
            (Part::Rest(_), Some(_)) => mistakes.push(format!(
                "`{{+{name}}}` takes all the rest: put it at the end, or write `{{{name}}}`"
            )),
            (Part::Segment(_), Some(next)) if next.variable().is_some() => {
                mistakes.push(format!(
                    "nothing tells where `{{{name}}}` ends: put a `/` or another text behind it"
                ));
            }
            _ => {}
        }
    }
}

/// RFC 3986, section 3.1.
fn has_scheme(parts: &[Part]) -> bool {
    let Some(Part::Literal(first)) = parts.first() else {
        return false;
    };
    first.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// RFC 3986, section 2.
fn is_allowed(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '|')
}
