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

/// The values of the variables, percent-encoded as they are; nothing if the URI
/// is none of the template.
///
/// A variable ends where the text after it begins for the first time, but the
/// last text is at the end of the URI.
pub(crate) fn find<'u>(parts: &[UriPart], uri: &'u str) -> Option<Vec<&'u str>> {
    let mut values = Vec::new();
    collect(parts, uri, &mut values).then_some(values)
}

fn collect<'u>(parts: &[UriPart], uri: &'u str, values: &mut Vec<&'u str>) -> bool {
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

/// A URI of the template that only templates match which match all of its URIs.
pub(crate) fn sample(parts: &[UriPart]) -> String {
    let text = |part: &UriPart| match part {
        UriPart::Literal(text) => text,
        UriPart::Segment(_) => "\u{1}",
        UriPart::Rest(_) => "\u{1}?#?\u{1}",
    };
    parts.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::UriPart::{Literal, Rest, Segment};
    use super::*;

    #[test]
    fn a_uri_is_matched_as_it_is_written() {
        let parts = [Literal("note://all")];
        assert_eq!(find(&parts, "note://all"), Some(vec![]));
        for other in ["note://al", "note://all/", "NOTE://all", ""] {
            assert_eq!(find(&parts, other), None, "{other}");
        }
    }

    #[test]
    fn a_variable_is_within_one_segment() {
        let parts = [Literal("note://"), Segment("id"), Literal("/text")];
        assert_eq!(find(&parts, "note://7/text"), Some(vec!["7"]));
        assert_eq!(find(&parts, "note://a%2Fb/text"), Some(vec!["a%2Fb"]));
        for other in [
            "note:///text",
            "note://a/b/text",
            "note://a?b/text",
            "note://a#b/text",
            "note://7/texts",
            "note://7",
        ] {
            assert_eq!(find(&parts, other), None, "{other}");
        }
    }

    #[test]
    fn variables_of_one_segment_end_where_the_text_between_them_begins() {
        let parts = [
            Literal("f://"),
            Segment("name"),
            Literal("."),
            Segment("kind"),
        ];
        assert_eq!(find(&parts, "f://a.b.c"), Some(vec!["a", "b.c"]));
        assert_eq!(find(&parts, "f://.a.b"), Some(vec![".a", "b"]));
        assert_eq!(find(&parts, "f://ä.ö"), Some(vec!["ä", "ö"]));
        assert_eq!(find(&parts, "f://a."), None);
        let parts = [
            Literal("f://"),
            Segment("a"),
            Literal("-"),
            Segment("b"),
            Literal("-v"),
        ];
        assert_eq!(find(&parts, "f://x-v-v"), Some(vec!["x", "v"]));
        assert_eq!(find(&parts, "f://x-v-w-v"), Some(vec!["x", "v-w"]));
    }

    #[test]
    fn the_rest_goes_on_to_the_end() {
        let parts = [Literal("file:///"), Rest("path")];
        assert_eq!(find(&parts, "file:///a/b?c#d"), Some(vec!["a/b?c#d"]));
        assert_eq!(find(&parts, "file:///"), None);
    }

    #[test]
    fn a_sample_is_matched_by_what_matches_all() {
        let rest = [Literal("f://"), Rest("path")];
        let one = [Literal("f://"), Segment("a")];
        let two = [Literal("f://"), Segment("a"), Literal("/"), Segment("b")];
        let tail = [Literal("f://"), Segment("a"), Literal("/"), Rest("b")];
        let notes = [Literal("f://notes/"), Segment("b")];
        let hides = |first: &[UriPart], second: &[UriPart]| find(first, &sample(second)).is_some();
        assert!(hides(&rest, &one) && hides(&rest, &two) && hides(&rest, &tail));
        assert!(hides(&two, &notes) && hides(&tail, &two) && hides(&one, &one));
        assert!(!hides(&one, &rest) && !hides(&two, &rest) && !hides(&tail, &rest));
        assert!(!hides(&notes, &two) && !hides(&one, &two) && !hides(&two, &tail));
    }
}
