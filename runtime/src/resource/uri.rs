//! The URI of a resource in a server, or the template of many.

use std::borrow::Cow;

use super::template::{UriPart, collect, sample};

/// A URI, or a template of URIs, which may have a prefix that its author did not
/// write.
#[derive(Clone, Debug)]
pub(crate) struct ResourceUri {
    /// As it is listed.
    text: Cow<'static, str>,
    /// Up to the first variable.
    start: Cow<'static, str>,
    rest: &'static [UriPart],
}

impl ResourceUri {
    /// A URI as its author wrote it, and taken apart.
    pub(crate) fn new(text: &'static str, parts: &'static [UriPart]) -> Self {
        let (start, rest) = match parts {
            [UriPart::Literal(start), rest @ ..] => (*start, rest),
            // Not from the macro, which wants a scheme first.
            parts => ("", parts),
        };
        Self {
            text: Cow::Borrowed(text),
            start: Cow::Borrowed(start),
            rest,
        }
    }

    /// Puts `prefix` behind the scheme: `notes://{id}` becomes `notes://work/{id}`.
    pub(crate) fn prefix(&mut self, prefix: &str) {
        for text in [&mut self.text, &mut self.start] {
            let place = behind_scheme(text);
            text.to_mut().insert_str(place, prefix);
        }
    }

    /// What RFC 3986 does not allow in it, which only a prefix can bring.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.start.chars().find(|c| !is_allowed(*c)) {
            None => Ok(()),
            Some(wrong) => Err(format!(
                "contains {wrong:?}, which a URI has percent-encoded only"
            )),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is one resource, and not a template of many.
    pub(crate) fn is_fixed(&self) -> bool {
        self.rest.iter().all(|part| part.variable().is_none())
    }

    /// The values of the variables, percent-encoded as they are; nothing if `uri`
    /// is none of the template.
    ///
    /// A variable ends where the text after it begins for the first time, but the
    /// last text is at the end of the URI.
    pub(crate) fn find<'u>(&self, uri: &'u str) -> Option<Vec<&'u str>> {
        let mut values = Vec::new();
        let uri = uri.strip_prefix(&*self.start)?;
        collect(self.rest, uri, &mut values).then_some(values)
    }

    /// Whether it has all URIs of the other one.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let sample = format!("{}{}", other.start, sample(other.rest));
        self.find(&sample).is_some()
    }
}

/// RFC 3986, section 3: `scheme:`, and `//` where there is an authority.
fn behind_scheme(uri: &str) -> usize {
    let scheme = uri.find(':').map_or(0, |colon| colon + 1);
    let behind = uri.get(scheme..).unwrap_or_default();
    scheme + if behind.starts_with("//") { 2 } else { 0 }
}

/// RFC 3986, section 2, and `%`, which begins what is percent-encoded.
fn is_allowed(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
}

#[cfg(test)]
mod tests {
    use super::UriPart::{Literal, Rest, Segment};
    use super::*;

    fn uri(parts: &'static [UriPart]) -> ResourceUri {
        ResourceUri::new("", parts)
    }

    fn find(parts: &'static [UriPart], of: &'static str) -> Option<Vec<&'static str>> {
        uri(parts).find(of)
    }

    #[test]
    fn a_uri_is_matched_as_it_is_written() {
        let parts = &[Literal("note://all")];
        assert_eq!(find(parts, "note://all"), Some(vec![]));
        for other in ["note://al", "note://all/", "NOTE://all", ""] {
            assert_eq!(find(parts, other), None, "{other}");
        }
    }

    #[test]
    fn a_variable_is_within_one_segment() {
        let parts = &[Literal("note://"), Segment("id"), Literal("/text")];
        assert_eq!(find(parts, "note://7/text"), Some(vec!["7"]));
        assert_eq!(find(parts, "note://a%2Fb/text"), Some(vec!["a%2Fb"]));
        for other in [
            "note:///text",
            "note://a/b/text",
            "note://a?b/text",
            "note://a#b/text",
            "note://7/texts",
            "note://7",
        ] {
            assert_eq!(find(parts, other), None, "{other}");
        }
    }

    #[test]
    fn variables_of_one_segment_end_where_the_text_between_them_begins() {
        let parts = &[
            Literal("f://"),
            Segment("name"),
            Literal("."),
            Segment("kind"),
        ];
        assert_eq!(find(parts, "f://a.b.c"), Some(vec!["a", "b.c"]));
        assert_eq!(find(parts, "f://.a.b"), Some(vec![".a", "b"]));
        assert_eq!(find(parts, "f://ä.ö"), Some(vec!["ä", "ö"]));
        assert_eq!(find(parts, "f://a."), None);
        let parts = &[
            Literal("f://"),
            Segment("a"),
            Literal("-"),
            Segment("b"),
            Literal("-v"),
        ];
        assert_eq!(find(parts, "f://x-v-v"), Some(vec!["x", "v"]));
        assert_eq!(find(parts, "f://x-v-w-v"), Some(vec!["x", "v-w"]));
    }

    #[test]
    fn the_rest_goes_on_to_the_end() {
        let parts = &[Literal("file:///"), Rest("path")];
        assert_eq!(find(parts, "file:///a/b?c#d"), Some(vec!["a/b?c#d"]));
        assert_eq!(find(parts, "file:///"), None);
    }

    #[test]
    fn one_covers_another_if_it_matches_all_that_the_other_does() {
        let rest = uri(&[Literal("f://"), Rest("path")]);
        let one = uri(&[Literal("f://"), Segment("a")]);
        let two = uri(&[Literal("f://"), Segment("a"), Literal("/"), Segment("b")]);
        let tail = uri(&[Literal("f://"), Segment("a"), Literal("/"), Rest("b")]);
        let notes = uri(&[Literal("f://notes/"), Segment("b")]);
        assert!(rest.covers(&one) && rest.covers(&two) && rest.covers(&tail));
        assert!(two.covers(&notes) && tail.covers(&two) && one.covers(&one));
        assert!(!one.covers(&rest) && !two.covers(&rest) && !tail.covers(&rest));
        assert!(!notes.covers(&two) && !one.covers(&two) && !two.covers(&tail));
    }

    #[test]
    fn a_prefix_stands_behind_the_scheme() {
        for (written, prefixed) in [
            ("note://all", "note://work/all"),
            ("note:all", "note:work/all"),
            ("file:///all", "file://work//all"),
        ] {
            let mut uri = ResourceUri::new(written, &[]);
            uri.prefix("work/");
            assert_eq!(uri.as_str(), prefixed);
        }
    }

    #[test]
    fn what_is_prefixed_is_found_there_and_nowhere_else() {
        let parts = &[Literal("note://"), Segment("id"), Literal("/text")];
        let mut uri = ResourceUri::new("note://{id}/text", parts);
        uri.prefix("work/");
        uri.prefix("ada/");
        assert_eq!(uri.as_str(), "note://ada/work/{id}/text");
        assert_eq!(uri.find("note://ada/work/7/text"), Some(vec!["7"]));
        for other in [
            "note://7/text",
            "note://work/7/text",
            "note://ada/work/text",
        ] {
            assert_eq!(uri.find(other), None, "{other}");
        }
        let unprefixed = ResourceUri::new("note://{id}/text", parts);
        assert!(!unprefixed.covers(&uri) && !uri.covers(&unprefixed));
        assert!(uri.covers(&uri.clone()) && !uri.is_fixed());
    }

    #[test]
    fn a_prefix_is_part_of_a_uri() {
        for (prefix, is_right) in [
            ("work/", true),
            ("a%20b/", true),
            ("a b/", false),
            ("{id}/", false),
            ("ä/", false),
        ] {
            let mut uri = ResourceUri::new("note://all", &[Literal("note://all")]);
            uri.prefix(prefix);
            assert_eq!(uri.check().is_ok(), is_right, "{prefix}");
        }
    }
}
