//! Text of others, made safe for a terminal and for one line.

use std::borrow::Cow;

/// Replaces every run of characters that a terminal would act on, or that would hide or reorder text, by one `�`.
///
/// These are control characters (so escape sequences and line breaks), bidirectional controls, zero-width and other
/// invisible format characters, and tags.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut replaced = false;
    for character in text.chars() {
        match is_unsafe(character) {
            true if replaced => {}
            true => safe.push(char::REPLACEMENT_CHARACTER),
            false => safe.push(character),
        }
        replaced = is_unsafe(character);
    }
    Cow::Owned(safe)
}

/// The columns a text takes: combining marks none, East Asian wide characters and emoji two.
///
/// An approximation by blocks, good enough to keep columns aligned.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// The columns one character takes.
pub(super) fn char_width(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Whether a terminal would act on a character, or whether it would hide or reorder text.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn leaves_ordinary_text_alone() {
        for text in [
            "",
            "GET /gmail/v1/users/me/messages/{id}",
            "Grüße, 東京 ✓ é",
        ] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn replaces_each_run_of_what_a_terminal_acts_on_by_one_mark() {
        for (text, safe) in [
            ("a\u{1b}[31mb", "a�[31mb"),
            ("a\r\nb\tc", "a�b�c"),
            ("\u{9b}2J", "�2J"),
            ("abc\u{202e}fdp", "abc�fdp"),
            ("x\u{200b}\u{200d}\u{feff}y", "x�y"),
            ("t\u{e0041}\u{e0042}", "t�"),
        ] {
            assert_eq!(printable(text), safe);
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(!printable(&text).contains(is_unsafe));
        }
    }
}
