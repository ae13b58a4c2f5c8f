//! Gmail's search language, as far as the example needs it.
//!
//! Words and quoted phrases match subject, sender, recipient and text. `from:`, `to:`, `subject:`, `label:`, `in:`,
//! `is:unread|read|starred|important` and `newer_than:Nd` restrict, and `-` negates. All terms must match, as whole words. An operator
//! that is not known matches as text, as written.

use super::mailbox::Message;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// A search, ready to be matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Search {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    matcher: Matcher,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Matcher {
    Text(String),
    Header(&'static str, String),
    Label(String),
    Read,
    NewerThan { days: i64 },
}

impl Search {
    /// Reads a search; every text is one.
    pub(super) fn parse(query: &str) -> Self {
        Self {
            terms: words(query)
                .iter()
                .filter_map(|word| Term::parse(word))
                .collect(),
        }
    }

    /// Whether a message fits, at the mailbox' time `now` in milliseconds.
    pub(super) fn matches(&self, message: &Message, now: i64) -> bool {
        self.terms
            .iter()
            .all(|term| term.matcher.matches(message, now) != term.negated)
    }
}

impl Term {
    fn parse(word: &str) -> Option<Self> {
        let (negated, word) = match word.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, word),
        };
        let word = word.to_lowercase();
        let unquoted = word.replace('"', "");
        let matcher = match unquoted.split_once(':') {
            _ if word.starts_with('"') => Matcher::Text(unquoted),
            Some((_, "")) | None => Matcher::Text(unquoted),
            Some(("from", value)) => Matcher::Header("From", value.to_owned()),
            Some(("to", value)) => Matcher::Header("To", value.to_owned()),
            Some(("subject", value)) => Matcher::Header("Subject", value.to_owned()),
            Some(("label" | "in", value)) => Matcher::Label(value.to_owned()),
            Some(("is", value @ ("unread" | "starred" | "important"))) => {
                Matcher::Label(value.to_owned())
            }
            Some(("is", "read")) => Matcher::Read,
            Some(("newer_than", value)) => match days(value) {
                Some(days) => Matcher::NewerThan { days },
                None => Matcher::Text(unquoted),
            },
            Some(_) => Matcher::Text(unquoted),
        };
        (matcher != Matcher::Text(String::new())).then_some(Self { negated, matcher })
    }
}

impl Matcher {
    fn matches(&self, message: &Message, now: i64) -> bool {
        let header = |name| message.header(name).unwrap_or_default();
        match self {
            Self::Text(text) => {
                let places = [
                    header("Subject"),
                    header("From"),
                    header("To"),
                    message.body.as_str(),
                ];
                places.into_iter().any(|place| has_words(place, text))
            }
            Self::Header(name, text) => has_words(header(name), text),
            Self::Label(label) => message.has_label(label),
            Self::Read => !message.has_label("UNREAD"),
            Self::NewerThan { days } => {
                message.internal_date > now.saturating_sub(days.saturating_mul(DAY_MILLIS))
            }
        }
    }
}

/// Whether a text has the words next to each other: Gmail finds whole words, not parts of them.
fn has_words(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    let is_boundary =
        |neighbour: Option<char>| neighbour.is_none_or(|character| !character.is_alphanumeric());
    text.match_indices(words).any(|(start, found)| {
        let (before, after) = (text.get(..start), text.get(start + found.len()..));
        is_boundary(before.and_then(|before| before.chars().next_back()))
            && is_boundary(after.and_then(|after| after.chars().next()))
    })
}

fn days(text: &str) -> Option<i64> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u32 = count.parse().ok()?;
    let days = match unit {
        "d" => 1,
        "m" => 30,
        "y" => 365,
        _ => return None,
    };
    Some(i64::from(count) * days)
}

/// Splits at blanks outside quotes, and keeps the quotes.
fn words(query: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in query.chars() {
        quoted ^= character == '"';
        match words.last_mut() {
            Some(word) if quoted || !character.is_whitespace() => word.push(character),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::super::mailbox::Mailbox;
    use super::*;

    fn found(query: &str) -> Vec<usize> {
        let mailbox = Mailbox::default();
        let search = Search::parse(query);
        let messages = mailbox.messages().iter().enumerate();
        messages
            .filter(|(_, message)| search.matches(message, mailbox.now()))
            .map(|(number, _)| number)
            .collect()
    }

    #[test]
    fn knows_the_operators() {
        for (query, numbers) in [
            ("is:unread", &[0, 1, 3, 5, 8, 13, 18, 22][..]),
            ("IS:UNREAD", &[0, 1, 3, 5, 8, 13, 18, 22]),
            ("from:grace", &[0, 6, 14, 21]),
            ("from:grace@example.org is:unread", &[0]),
            ("label:travel", &[4, 10, 17]),
            ("in:sent", &[7, 16]),
            ("to:grace", &[7, 16]),
            ("is:starred", &[6, 25]),
            ("subject:quote", &[2, 19]),
            ("subject:\"second quote\" -subject:re", &[19]),
            ("\"slow call\"", &[0]),
            ("slow trace", &[0]),
            ("from:ci -passed", &[9]),
            ("-is:unread -from:ci -in:sent newer_than:1d", &[2, 4, 6]),
            ("newer_than:1d is:read from:grace", &[6]),
            ("più", &[22]),
        ] {
            assert_eq!(found(query), numbers, "{query}");
        }
    }

    #[test]
    fn an_unknown_operator_is_text() {
        for query in [
            "has:attachment",
            "is:nonsense",
            "newer_than:x",
            "newer_than:5",
            "from:nobody",
        ] {
            assert_eq!(found(query), Vec::<usize>::new(), "{query}");
        }
        assert_eq!(found("Reminder:"), [15]);
    }

    #[test]
    fn odd_searches_find_everything_or_something_but_never_panic() {
        for query in ["", "   ", "\"", "\"\"", "\"\" "] {
            assert_eq!(found(query).len(), 26, "{query}");
        }
        for query in [
            "-",
            ":",
            "from:",
            "-\"",
            "newer_than:99999999999999999999d",
            "newer_than:é",
        ] {
            let _ = found(query);
        }
    }
}
