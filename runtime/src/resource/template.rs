//! URIs and templates of URIs (RFC 6570, levels 1 and 2), as the macro has read
//! them.

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the expressions of RFC 6570 that the macro accepts"
)]
pub enum UriPart {
    /// Stands in the URI as it is.
    Literal(&'static str),
    /// `{id}`: at least one character of one segment, without `/`, `?` and `#`.
    Segment(&'static str),
    /// `{+path}`: at least one character, to the end.
    Rest(&'static str),
}

impl UriPart {
    /// The variable, if it is one.
    pub(crate) fn variable(self) -> Option<&'static str> {
        match self {
            Self::Literal(_) => None,
            Self::Segment(name) | Self::Rest(name) => Some(name),
        }
    }
}

/// Reads `uri` as `parts`, and keeps the values of the variables; `false` if it is none of them.
pub(super) fn collect<'u>(parts: &[UriPart], uri: &'u str, values: &mut Vec<&'u str>) -> bool {
    match parts {
        [] => uri.is_empty(),
        [UriPart::Literal(text), rest @ ..] => uri
            .strip_prefix(text)
            .is_some_and(|uri| collect(rest, uri, values)),
        [UriPart::Rest(_), ..] => keep(uri, true, values),
        [UriPart::Segment(_)] => keep(uri, is_segment(uri), values),
        [UriPart::Segment(_), UriPart::Literal(text)] => uri
            .strip_suffix(text)
            .is_some_and(|value| keep(value, is_segment(value), values)),
        [UriPart::Segment(_), rest @ ..] => {
            let [UriPart::Literal(text), rest @ ..] = rest else {
                // The macro refuses variables with nothing in between.
                return false;
            };
            split(uri, text).is_some_and(|(value, uri)| {
                keep(value, is_segment(value), values) && collect(rest, uri, values)
            })
        }
    }
}

fn keep<'u>(value: &'u str, fits: bool, values: &mut Vec<&'u str>) -> bool {
    values.push(value);
    fits && !value.is_empty()
}

fn is_segment(value: &str) -> bool {
    !value.contains(['/', '?', '#'])
}

/// The first place where `text` stands behind at least one character.
fn split<'u>(uri: &'u str, text: &str) -> Option<(&'u str, &'u str)> {
    let first = uri.chars().next()?.len_utf8();
    let at = first + uri.get(first..)?.find(text)?;
    Some((uri.get(..at)?, uri.get(at + text.len()..)?))
}

/// A text of the template that only templates match which match all of its texts.
pub(super) fn sample(parts: &[UriPart]) -> String {
    let text = |part: &UriPart| match part {
        UriPart::Literal(text) => text,
        UriPart::Segment(_) => "\u{1}",
        UriPart::Rest(_) => "\u{1}?#?\u{1}",
    };
    parts.iter().map(text).collect()
}
