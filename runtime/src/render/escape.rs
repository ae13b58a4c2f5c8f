//! JSON text that is safe where it goes: into a page, or onto a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use super::printable::is_unsafe;

/// Writes a value as JSON, on one line. Whatever [`printable`](super::printable()) would replace is written as
/// `\uXXXX`, so that the text is safe to print and still says what was sent.
pub(super) fn json_text<T: Serialize>(value: &T) -> String {
    escaped(value, is_unsafe)
}

/// The same for a `<script>` element: `<`, `>` and `&` are written as `\uXXXX` too, so that no text ends the element,
/// opens a comment in it, or means anything to a parser of HTML.
pub(super) fn json_for_script<T: Serialize>(value: &T) -> String {
    escaped(value, |character| {
        matches!(character, '<' | '>' | '&') || is_unsafe(character)
    })
}

/// Characters outside strings are never escaped: JSON's own are none of these, and nothing is pretty-printed.
fn escaped<T: Serialize>(value: &T, escape: impl Fn(char) -> bool) -> String {
    // Fails for maps with keys that are no strings and for writers that fail; here is neither.
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if escape(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text
}

/// Text for an HTML element or a quoted attribute.
pub(super) fn html_text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_ends_the_script_element() {
        assert_eq!(
            json_for_script(&"</script><!--&\u{2028}\u{2029}"),
            r#""\u003c/script\u003e\u003c!--\u0026\u2028\u2029""#
        );
    }

    #[test]
    fn what_a_terminal_acts_on_is_written_as_an_escape() {
        assert_eq!(
            json_text(&"a\u{1b}[2J\u{9b}\u{7f}\u{202e}\u{e0041}<é"),
            r#""a\u001b[2J\u009b\u007f\u202e\udb40\udc41<é""#
        );
    }

    #[test]
    fn html_text_has_no_markup() {
        assert_eq!(
            html_text(r#"<img src="x" onerror='y'>&amp;"#),
            "&lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt;&amp;amp;"
        );
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(texts in proptest::collection::vec(any::<String>(), 0..8)) {
            for json in [json_text(&texts), json_for_script(&texts)] {
                prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), texts.clone());
                prop_assert!(!json.contains(is_unsafe));
            }
            prop_assert!(!json_for_script(&texts).contains(['<', '>', '&']));
        }
    }
}
