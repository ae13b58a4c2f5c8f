//! Texts and values of a bounded length.

use std::borrow::Cow;

use opentelemetry::{Array, StringValue, Value};

/// Longest key of an attribute that leaves (ours). A key that was cut would be
/// another key, so an attribute with a longer one is withheld.
pub(super) const MAX_KEY_LENGTH_BYTES: usize = 256;

/// Longest character, in UTF-8. Who may not count keeps so much more of a
/// text: then the next one sees that it was too long.
pub(crate) const LONGEST_CHARACTER_BYTES: usize = 4;

/// Bytes of the bound for which an array may have one element.
const BYTES_AN_ELEMENT: usize = 8;

/// `text`, cut at a character so that it has at most `max_bytes` bytes.
pub(crate) fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Cuts a text to `max_bytes` bytes; `true` if it was longer.
pub(super) fn shorten_text(text: &mut Cow<'static, str>, max_bytes: usize) -> bool {
    let is_longer = text.len() > max_bytes;
    if is_longer {
        *text = Cow::Owned(cut(text, max_bytes).to_owned());
    }
    is_longer
}

/// Cuts `value` to `max_bytes` bytes; `true` if it was longer.
///
/// Of an array the first elements stay: one for every 8 bytes, and together no
/// longer than a text may be. A text in it is cut as any other is, and nowhere
/// else: where a text is cut is known to those who look for parts of secrets.
#[inline]
pub(super) fn shorten(value: &mut Value, max_bytes: usize) -> bool {
    match value {
        Value::Bool(_) | Value::I64(_) | Value::F64(_) => false,
        Value::String(text) if text.as_str().len() <= max_bytes => false,
        _ => shorten_long(value, max_bytes),
    }
}

fn shorten_long(value: &mut Value, max_bytes: usize) -> bool {
    let max_elements = max_bytes / BYTES_AN_ELEMENT;
    match value {
        Value::String(text) => shorten_string(text, max_bytes),
        Value::Array(Array::Bool(values)) => keep(values, max_elements),
        Value::Array(Array::I64(values)) => keep(values, max_elements),
        Value::Array(Array::F64(values)) => keep(values, max_elements),
        Value::Array(Array::String(values)) => {
            let mut was_cut = keep(values, max_elements);
            let mut left = max_bytes;
            let mut kept = 0;
            for text in &mut *values {
                was_cut |= shorten_string(text, max_bytes);
                let Some(rest) = left.checked_sub(text.as_str().len()) else {
                    break;
                };
                left = rest;
                kept += 1;
            }
            keep(values, kept) || was_cut
        }
        _ => false,
    }
}

fn shorten_string(text: &mut StringValue, max_bytes: usize) -> bool {
    let is_longer = text.as_str().len() > max_bytes;
    if is_longer {
        *text = cut(text.as_str(), max_bytes).to_owned().into();
    }
    is_longer
}

/// Keeps the first `count` values, and no memory for the rest.
fn keep<T>(values: &mut Vec<T>, count: usize) -> bool {
    let is_longer = values.len() > count;
    if is_longer {
        values.truncate(count);
        values.shrink_to_fit();
    }
    is_longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_a_character() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc");
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("é", 0), "");
    }

    #[test]
    fn texts_are_cut_at_the_bound() {
        for (length, was_cut) in [(8, false), (9, false), (10, true)] {
            let mut value = Value::from("x".repeat(length));
            assert_eq!(shorten(&mut value, 9), was_cut);
            assert_eq!(value.as_str().len(), length.min(9));
        }
    }

    #[test]
    fn arrays_keep_what_fits_and_no_memory_for_the_rest() {
        for (length, was_cut) in [(127, false), (128, false), (129, true), (1_000_000, true)] {
            let arrays = [
                Array::Bool(vec![true; length]),
                Array::I64(vec![1; length]),
                Array::F64(vec![0.5; length]),
                Array::String(vec![StringValue::from(""); length]),
            ];
            for array in arrays {
                let mut value = Value::Array(array);
                assert_eq!(shorten(&mut value, 1_024), was_cut);
                let Value::Array(array) = value else {
                    panic!("still an array");
                };
                let (kept, room) = match array {
                    Array::Bool(values) => (values.len(), values.capacity()),
                    Array::I64(values) => (values.len(), values.capacity()),
                    Array::F64(values) => (values.len(), values.capacity()),
                    Array::String(values) => (values.len(), values.capacity()),
                    _ => panic!("of the same kind"),
                };
                assert_eq!(kept, length.min(128));
                assert!(!was_cut || room < 200, "{room}");
            }
        }
    }

    #[test]
    fn texts_in_an_array_are_together_no_longer_than_one() {
        let texts = |texts: &[&'static str]| {
            let texts = texts.iter().map(|text| StringValue::from(*text));
            Value::Array(Array::String(texts.collect()))
        };
        let long = "thirty-three bytes in a long text";
        for (max_bytes, made, kept) in [
            (33, texts(&["a", long]), texts(&["a"])),
            (33, texts(&[long, "a"]), texts(&[long])),
            (34, texts(&[long, "a"]), texts(&[long, "a"])),
            (
                32,
                texts(&[long]),
                texts(&["thirty-three bytes in a long tex"]),
            ),
            (24, texts(&["", "", "", ""]), texts(&["", "", ""])),
            (8, texts(&["nine byte"]), texts(&["nine byt"])),
            (7, texts(&[""]), texts(&[])),
            (0, texts(&[]), texts(&[])),
        ] {
            let mut value = made.clone();
            let was_cut = shorten(&mut value, max_bytes);
            assert_eq!((&value, was_cut), (&kept, kept != made), "{max_bytes}");
        }
    }
}
