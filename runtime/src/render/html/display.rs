//! Text of others for the page: printable, and no longer than a reader reads.

use crate::render::printable::printable;

/// The most characters of a name that a page shows. Ours: more than any line has room for.
pub const MAX_NAME_CHARS: usize = 200;
/// The most characters of any other text that a page shows, such as an attribute's value. Ours: a stack trace fits.
pub const MAX_TEXT_CHARS: usize = 4_000;

/// A name, on one line.
pub(super) fn name_text(name: &str) -> String {
    let (start, left) = cut(name, MAX_NAME_CHARS);
    let name = printable(start);
    match (name.is_empty(), left) {
        (true, _) => "(unnamed)".to_owned(),
        (false, 0) => name.into_owned(),
        (false, left) => format!("{name}{}", more(left)),
    }
}

/// Any other text, with its line breaks.
pub(super) fn text(text: &str) -> String {
    let (start, left) = cut(text, MAX_TEXT_CHARS);
    let start = start.replace("\r\n", "\n").replace('\t', "    ");
    let lines: Vec<_> = start.split('\n').map(printable).collect();
    let mut shown = lines.join("\n");
    if left > 0 {
        shown.push_str(&more(left));
    }
    shown
}

fn more(characters: usize) -> String {
    let plural = if characters == 1 { "" } else { "s" };
    format!("… ({characters} more character{plural})")
}

/// The first `max` characters, and how many there are beyond.
fn cut(text: &str, max: usize) -> (&str, usize) {
    match text.char_indices().nth(max) {
        Some((end, _)) => {
            let (start, rest) = text.split_at(end);
            (start, rest.chars().count())
        }
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_beyond_its_bound_and_says_how_much() {
        for (length, shown) in [
            (MAX_NAME_CHARS - 1, "é".repeat(MAX_NAME_CHARS - 1)),
            (MAX_NAME_CHARS, "é".repeat(MAX_NAME_CHARS)),
            (
                MAX_NAME_CHARS + 1,
                "é".repeat(MAX_NAME_CHARS) + "… (1 more character)",
            ),
            (
                MAX_NAME_CHARS + 99,
                "é".repeat(MAX_NAME_CHARS) + "… (99 more characters)",
            ),
        ] {
            assert_eq!(name_text(&"é".repeat(length)), shown);
        }
        for (length, left) in [
            (MAX_TEXT_CHARS - 1, ""),
            (MAX_TEXT_CHARS, ""),
            (MAX_TEXT_CHARS + 1, "… (1 more character)"),
        ] {
            let shown = text(&"x".repeat(length));
            assert_eq!(shown, "x".repeat(length.min(MAX_TEXT_CHARS)) + left);
        }
    }

    #[test]
    fn a_name_is_one_line_and_says_when_it_is_none() {
        assert_eq!(name_text("a\nb\u{202e}c"), "a�b�c");
        assert_eq!(name_text(""), "(unnamed)");
    }

    #[test]
    fn other_text_keeps_its_lines() {
        assert_eq!(
            text("at a\r\n\tat b\n\u{1b}[31mc\n"),
            "at a\n    at b\n�[31mc\n"
        );
    }
}
