//! Words that several findings share.

use std::fmt;

use crate::render::printable;

/// The most characters of a name in a sentence. Ours: beyond, nobody finds the numbers, and the sender chooses the length.
const MAX_NAME_CHARS: usize = 80;

/// A name that a sender chose, short and safe to print.
pub(super) struct Name<'a>(pub(super) &'a str);

/// A name of a call: as [`Name`], in backquotes, and a path by its end.
pub(super) struct CallName<'a>(pub(super) &'a str);

/// A count and its noun: `1 span`, `2 spans`.
#[derive(Clone, Copy)]
pub(super) struct Counted(pub(super) usize, pub(super) &'static str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(unnamed)");
        }
        match self.0.char_indices().nth(MAX_NAME_CHARS) {
            Some((end, _)) => write!(f, "{}…", printable(self.0.get(..end).unwrap_or_default())),
            None => f.write_str(&printable(self.0)),
        }
    }
}

impl fmt::Display for CallName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", Name(&short_name(self.0)))
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// Writes `a`, `a and b`, `a, b and c`, or `a, b, c and 4 more`.
pub(super) fn listed(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    const MOST: usize = 4;
    let shown = if items.len() > MOST {
        MOST - 1
    } else {
        items.len()
    };
    for (index, item) in items.iter().take(shown).enumerate() {
        let before = match index {
            0 => "",
            _ if index + 1 == items.len() => " and ",
            _ => ", ",
        };
        write!(f, "{before}{item}")?;
    }
    match items.len() - shown {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// `GET /gmail/v1/users/me/messages/{id}` in a sentence: `GET …/messages/{id}`.
fn short_name(name: &str) -> String {
    let Some((method, path)) = name.split_once(" /") else {
        return name.to_owned();
    };
    match path.rmatch_indices('/').nth(1) {
        Some((at, _)) => format!("{method} …{}", path.get(at..).unwrap_or_default()),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_safe() {
        for (name, call) in [
            ("GET /a/b/c/{id}", "`GET …/c/{id}`"),
            ("GET /a/{id}", "`GET /a/{id}`"),
            ("", "`(unnamed)`"),
            ("a\u{1b}[2J\nb", "`a�[2J�b`"),
        ] {
            assert_eq!(CallName(name).to_string(), call);
        }
        for (length, shown) in [(79, 79), (80, 80), (81, 81), (9999, 81)] {
            assert_eq!(Name(&"x".repeat(length)).to_string().chars().count(), shown);
        }
    }

    #[test]
    fn lists_end_after_four() {
        struct List(usize);
        impl fmt::Display for List {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                listed(f, &(0..self.0).collect::<Vec<_>>())
            }
        }
        let texts: Vec<_> = (0..6).map(|length| List(length).to_string()).collect();
        assert_eq!(
            texts,
            [
                "",
                "0",
                "0 and 1",
                "0, 1 and 2",
                "0, 1, 2 and 3",
                "0, 1, 2 and 2 more"
            ]
        );
    }
}
