//! The parts of JSON text, written straight into a buffer.

/// Bytes that are looked at together.
const BLOCK_BYTES: usize = 8;
/// One in every byte of a block.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of every byte of a block.
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Adds a string, escaped as `serde_json` does: quotation marks, backslashes
/// and control characters, and nothing else.
pub(super) fn push_string(text: &mut String, value: &str) {
    text.reserve(value.len() + 2);
    text.push('"');
    if needs_escape(value.as_bytes()) {
        push_escaped(text, value);
    } else {
        text.push_str(value);
    }
    text.push('"');
}

/// Adds an integer in decimal digits.
pub(super) fn push_integer(text: &mut String, value: impl itoa::Integer) {
    text.push_str(itoa::Buffer::new().format(value));
}

/// Adds bytes as lower-case hex digits: a trace id, a span id.
pub(super) fn push_hex<const BYTES: usize>(text: &mut String, bytes: [u8; BYTES]) {
    let mut digits = [[0; 2]; BYTES];
    for (pair, byte) in digits.iter_mut().zip(bytes) {
        *pair = [hex_digit(byte >> 4), hex_digit(byte & 0xf)];
    }
    // Digits are ASCII.
    text.push_str(str::from_utf8(digits.as_flattened()).unwrap_or_default());
}

const fn hex_digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'a' + value - 10
    }
}

const fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..0x20)
}

fn needs_escape(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<BLOCK_BYTES>();
    blocks.iter().any(|block| block_needs_escape(*block))
        || rest.iter().any(|byte| is_escaped(*byte))
}

/// Whether a byte of the block is one that [`is_escaped`]. A borrow can reach a
/// higher byte only from one that is, so the answer for the whole block is
/// exact.
fn block_needs_escape(block: [u8; BLOCK_BYTES]) -> bool {
    let block = u64::from_le_bytes(block);
    let zero_byte = |block: u64| block.wrapping_sub(ONES) & !block;
    let control = block.wrapping_sub(ONES * 0x20) & !block;
    let quote = block ^ (ONES * u64::from(b'"'));
    let backslash = block ^ (ONES * u64::from(b'\\'));
    (control | zero_byte(quote) | zero_byte(backslash)) & HIGH_BITS != 0
}

fn push_escaped(text: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.bytes().position(is_escaped) {
        // What is escaped is ASCII: one byte, and a character.
        let (before, from) = rest.split_at(at);
        let (byte, after) = (from.as_bytes().first().copied(), from.get(1..));
        text.push_str(before);
        match byte.unwrap_or_default() {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            0x08 => text.push_str("\\b"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            0x0c => text.push_str("\\f"),
            b'\r' => text.push_str("\\r"),
            control => {
                text.push_str("\\u00");
                push_hex(text, [control]);
            }
        }
        rest = after.unwrap_or_default();
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn string(value: &str) -> String {
        let mut text = String::from("before");
        push_string(&mut text, value);
        text.split_off("before".len())
    }

    #[test]
    fn every_ascii_character_is_written_as_serde_json_does_wherever_it_stands() {
        for byte in 0..0x80_u8 {
            for before in 0..20 {
                let value = format!("{}{}after", "x".repeat(before), char::from(byte));
                assert_eq!(string(&value), serde_json::to_string(&value).unwrap());
            }
        }
    }

    #[test]
    fn ids_are_lower_case_hex_digits() {
        let mut text = String::new();
        push_hex(&mut text, 0x0123_4567_89ab_cdef_u64.to_be_bytes());
        assert_eq!(text, "0123456789abcdef");
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_does(
            value in "(\\PC|[\\x00-\\x22\\\\\u{7f}\u{2028}\u{2029}é\u{10ffff}]){0,40}",
        ) {
            prop_assert_eq!(string(&value), serde_json::to_string(&value).unwrap());
        }

        #[test]
        fn any_integer_is_written_in_digits(value in any::<i64>()) {
            let mut text = String::new();
            push_integer(&mut text, value);
            prop_assert_eq!(text, value.to_string());
        }
    }
}
