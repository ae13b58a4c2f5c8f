//! What is looked for in an answer.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem::Finder;

use super::forms::{forms, in_json};
use super::{Known, Secrets};

/// What stands where a secret stood.
const REDACTED: &str = "[redacted]";
/// Bytes of a secret that count as a part of it where a text was cut (ours):
/// fewer say nothing.
const MIN_PART_BYTES: usize = 3;
/// Bytes that a cut at a character can take beyond the bound.
const MAX_CHARACTER_BYTES: usize = 4;

/// The secrets of the process and those of one request.
#[derive(Clone, Default)]
pub(crate) struct Net {
    known: Option<Arc<Known>>,
    /// Few, and new with every request: not worth an automaton.
    of_request: Vec<Form>,
}

/// One form of a secret of the request.
#[derive(Clone)]
struct Form {
    finder: Finder<'static>,
    /// The form as it stands in JSON, where that is another.
    written: Option<Finder<'static>>,
}

impl Form {
    fn new(form: &str) -> Self {
        let finder = |text: &str| Finder::new(text.as_bytes()).into_owned();
        let written = match in_json(form) {
            Cow::Owned(written) if written != form => Some(finder(&written)),
            _ => None,
        };
        Self {
            finder: finder(form),
            written,
        }
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Net").finish_non_exhaustive()
    }
}

impl Net {
    /// Looks for the secrets and for these of the request. Those that are
    /// shorter than a secret can be are left out.
    pub(crate) fn new<'a>(
        secrets: &Secrets,
        of_request: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let of_request = of_request
            .into_iter()
            .filter(|secret| secret.len() >= Secrets::MIN_LENGTH_BYTES)
            .flat_map(forms)
            .map(|form| Form::new(&form))
            .collect();
        Self {
            known: secrets.0.clone(),
            of_request,
        }
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_none() && self.of_request.is_empty()
    }

    /// Whether a secret may stand in this JSON, in one of its strings or across
    /// them: a quick look, so that texts without one need no closer look each.
    ///
    /// JSON escapes character by character. So a form that stands in a text
    /// stands, escaped, in the JSON of that text, unless it was cut away.
    pub(crate) fn may_be_in(&self, json: &[u8]) -> bool {
        let known = |known: &Arc<Known>| !matches!(known.written.try_find(json), Ok(None));
        let of_request = |form: &Form| {
            let finder = form.written.as_ref().unwrap_or(&form.finder);
            finder.find(json).is_some()
        };
        self.known.as_ref().is_some_and(known) || self.of_request.iter().any(of_request)
    }

    /// Whether a text is so long that it may have been cut, or will be.
    pub(crate) fn may_be_cut(text: &str, max_bytes: usize) -> bool {
        text.len().saturating_add(MAX_CHARACTER_BYTES) > max_bytes
    }

    /// The text without secrets, and how many there were. A text that is as
    /// long as `max_bytes` may have been cut in the middle of one.
    pub(crate) fn scrub<'t>(&self, text: &'t str, max_bytes: usize) -> (Cow<'t, str>, usize) {
        let mut found = self.find(text);
        if Self::may_be_cut(text, max_bytes) {
            found.extend(self.part_at_the_end(text));
        }
        if found.is_empty() {
            return (Cow::Borrowed(text), 0);
        }
        found.sort_by_key(|range| range.start);
        let mut clean = String::with_capacity(text.len());
        let (mut count, mut end) = (0, 0);
        for range in found {
            // One that begins within another is hidden along with it.
            if count == 0 || range.start >= end {
                clean.push_str(text.get(end..range.start).unwrap_or_default());
                clean.push_str(REDACTED);
                count += 1;
            }
            end = end.max(range.end);
        }
        clean.push_str(text.get(end..).unwrap_or_default());
        (Cow::Owned(clean), count)
    }

    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if let Some(known) = &self.known
            && let Ok(matches) = known.automaton.try_find_overlapping_iter(text)
        {
            found.extend(matches.map(|found| found.range()));
        }
        for form in self.of_request.iter().map(|form| &form.finder) {
            let mut from = 0;
            while let Some(rest) = text.as_bytes().get(from..)
                && let Some(at) = form.find(rest)
            {
                let start = from + at;
                found.push(start..start + form.needle().len());
                from = start + 1;
            }
        }
        found
    }

    /// The longest start of a secret that the text ends with.
    fn part_at_the_end(&self, text: &str) -> Option<Range<usize>> {
        let known = self.known.iter().flat_map(|known| &known.forms);
        let forms = known
            .map(String::as_bytes)
            .chain(self.of_request.iter().map(|form| form.finder.needle()));
        let longest = forms.filter_map(|form| {
            let parts = MIN_PART_BYTES..form.len();
            parts.rev().find(|length| {
                form.get(..*length)
                    .is_some_and(|part| text.as_bytes().ends_with(part))
            })
        });
        let start = text.len() - longest.max()?;
        // A part may end within a character; the text does not.
        text.is_char_boundary(start).then_some(start..text.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scrub(net: &Net, text: &str) -> String {
        net.scrub(text, usize::MAX).0.into_owned()
    }

    #[test]
    fn secrets_of_the_process_and_of_the_request_are_replaced_and_counted() {
        let secrets = Secrets::new(["hunter2", "correct horse"]).unwrap();
        let net = Net::new(&secrets, ["bearer-of-news", "short"]);
        let text = "hunter2:short bearer-of-news, correct horse; hunter2";
        let (clean, count) = net.scrub(text, usize::MAX);
        assert_eq!(clean, "[redacted]:short [redacted], [redacted]; [redacted]");
        assert_eq!(count, 4);
        let untouched = net.scrub("nothing here", usize::MAX);
        assert!(matches!(untouched, (Cow::Borrowed(_), 0)));
    }

    #[test]
    fn secrets_that_overlap_are_replaced_whole() {
        let secrets = Secrets::new(["abcdef"]).unwrap();
        let net = Net::new(&secrets, ["xxabcdefyy", "aaaaaa"]);
        assert_eq!(scrub(&net, "-xxabcdefyy-"), "-[redacted]-");
        assert_eq!(scrub(&net, "-abcdefyy-"), "-[redacted]yy-");
        assert_eq!(scrub(&net, "-aaaaaaaaa-"), "-[redacted]-");
    }

    #[test]
    fn of_a_secret_that_was_cut_the_part_is_found() {
        let net = Net::new(&Secrets::new(["hunter2"]).unwrap(), ["token-é-9"]);
        for (text, expected) in [
            ("it is hunter", "it is [redacted]"),
            ("it is hun", "it is [redacted]"),
            ("it is hu", "it is hu"),
            ("it is token-é", "it is [redacted]"),
        ] {
            assert_eq!(net.scrub(text, text.len()).0, expected);
            assert_eq!(net.scrub(text, text.len() + 3).0, expected);
            assert_eq!(net.scrub(text, text.len() + 4).0, text, "it was not cut");
        }
    }

    proptest! {
        #[test]
        fn no_secret_is_left_whatever_stands_around_it(
            secret in "[a-c/\"é]{6,9}", other in "[a-c]{6,8}", pieces in prop::collection::vec("[a-cé ]{0,4}", 1..5),
        ) {
            let net = Net::new(&Secrets::new([&*secret]).unwrap(), [&*other]);
            for between in [&secret, &other] {
                let text = pieces.join(between);
                let clean = scrub(&net, &text);
                prop_assert!(!clean.contains(&secret) && !clean.contains(&other), "{clean}");
                if pieces.len() > 1 {
                    prop_assert!(clean.contains(REDACTED));
                }
            }
        }

        #[test]
        fn what_a_close_look_finds_a_quick_look_finds_in_the_json(
            secret in "[a-c\"/\\\\\u{1}é]{6,8}", other in "[a-c\"]{6,7}", text in "[a-c\"/\\\\\u{1}é]{0,40}",
            before in any::<bool>(),
        ) {
            let net = Net::new(&Secrets::new([&*secret]).unwrap(), [&*other]);
            let text = if before { format!("{text}{other}") } else { format!("{secret}{text}") };
            let json = serde_json::to_string(&text).unwrap();
            prop_assert!(net.scrub(&text, usize::MAX).1 > 0);
            prop_assert!(net.may_be_in(json.as_bytes()));
        }

        #[test]
        fn cut_anywhere_no_more_than_two_bytes_of_a_secret_are_left(
            before in "[x-z]{0,5}", at in 0_usize..20,
        ) {
            let net = Net::new(&Secrets::new(["0123456789"]).unwrap(), []);
            let all = format!("{before}0123456789");
            let text = all.get(..at.min(all.len())).unwrap();
            let (clean, _) = net.scrub(text, text.len());
            prop_assert!(!clean.contains("012"), "{clean}");
        }
    }
}
